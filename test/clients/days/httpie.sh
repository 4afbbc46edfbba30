call() { http --ignore-stdin --check-status --print=b --session=./session.json "$@"; }

call POST "$KITE/api/auth/register" email="$EMAIL" password="$PASSWORD"
TOKEN=$(call POST "$KITE/api/auth/login" email="$EMAIL" password="$PASSWORD" | jq -r .accessToken)
AUTH="Authorization:Bearer $TOKEN"

ID=$(call --form POST "$KITE/api/documents" "$AUTH" file@"$FILE" | jq -r .id)

STATUS=pending
while [[ $STATUS == pending || $STATUS == processing ]]; do
  sleep 0.5
  STATUS=$(call GET "$KITE/api/documents/$ID" "$AUTH" | jq -r .status)
done
[[ $STATUS == ready ]]

call GET "$KITE/api/documents" "$AUTH" q==kestrel | jq -e --arg id "$ID" '.items[0].id == $id'

call --download --output copy.pdf GET "$KITE/api/documents/$ID/content" "$AUTH"
cmp copy.pdf "$FILE"

TOKEN=$(call POST "$KITE/api/auth/refresh" "Origin:$KITE" | jq -r .accessToken)
call GET "$KITE/api/auth/me" "Authorization:Bearer $TOKEN"
call POST "$KITE/api/auth/logout" "Origin:$KITE"
