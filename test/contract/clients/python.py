import sys
from io import BytesIO

from kite_client import AuthenticatedClient, Client
from kite_client.api.auth import auth_login, auth_register
from kite_client.api.documents import documents_content, documents_get, documents_list, documents_upload
from kite_client.models import Login, Registration, Upload
from kite_client.models.documents_list_sort import DocumentsListSort
from kite_client.types import File

url, email, password = sys.argv[1:]
anonymous = Client(base_url=url)

registered = auth_register.sync(client=anonymous, body=Registration(email=email, password=password))
session = auth_login.sync(client=anonymous, body=Login(email=email, password=password))
client = AuthenticatedClient(base_url=url, token=session.access_token)

content = b"%PDF-1.7\n\x00\xff\xfe\r\n"
file = File(payload=BytesIO(content), file_name="report.pdf", mime_type="application/pdf")
document = documents_upload.sync(client=client, body=Upload(file=file))

page = documents_list.sync(client=client, limit=10, sort=DocumentsListSort.VALUE_0)
found = [(item.id, item.filename, item.content_type.value) for item in page.items]
assert found == [(document.id, "report.pdf", "application/pdf")], found

downloaded = documents_content.sync(client=client, id=document.id)
assert downloaded.payload.read() == content

missing = documents_get.sync(client=client, id=registered.id)
assert missing.type_ == "urn:kite:problem:not-found", missing
