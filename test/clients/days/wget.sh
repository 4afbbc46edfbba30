JSON='Content-Type: application/json'
ACCOUNT=$(jq -n '{email: env.EMAIL, password: env.PASSWORD}')
call() { wget -q -O - --content-on-error --tries=1 --load-cookies cookies --save-cookies cookies --keep-session-cookies "$@"; }
touch cookies

call "$KITE/api/auth/register" --header "$JSON" --post-data "$ACCOUNT"
TOKEN=$(call "$KITE/api/auth/login" --header "$JSON" --post-data "$ACCOUNT" | jq -r .accessToken)
AUTH="Authorization: Bearer $TOKEN"

{
  printf -- '--day\r\nContent-Disposition: form-data; name="file"; filename="%s"\r\n\r\n' "$(basename "$FILE")"
  cat "$FILE"
  printf -- '\r\n--day--\r\n'
} > body
FORM='Content-Type: multipart/form-data; boundary=day'
ID=$(call "$KITE/api/documents" --header "$AUTH" --header "$FORM" --post-file body | jq -r .id)

STATUS=pending
while [[ $STATUS == pending || $STATUS == processing ]]; do
  sleep 0.5
  STATUS=$(call "$KITE/api/documents/$ID" --header "$AUTH" | jq -r .status)
done
[[ $STATUS == ready ]]

call "$KITE/api/documents?q=kestrel" --header "$AUTH" | jq -e --arg id "$ID" '.items[0].id == $id'

call "$KITE/api/documents/$ID/content" --header "$AUTH" > copy.pdf
cmp copy.pdf "$FILE"

TOKEN=$(call "$KITE/api/auth/refresh" --header "Origin: $KITE" --post-data '' | jq -r .accessToken)
call "$KITE/api/auth/me" --header "Authorization: Bearer $TOKEN"
call "$KITE/api/auth/logout" --header "Origin: $KITE" --post-data ''
