"""OpenStack Swift with its S3 door in one process, for the tests of the S3 layer.

Usage: swift_server.py DIRECTORY KEYS_PER_LISTING. Account, container, object and proxy server listen on free loopback ports; the first line on
stdout is the port of the S3 door. Data, rings and configuration go to DIRECTORY. Ends when stdin ends, so that it never
outlives the test run that started it, however that one ends.
"""
import os
import sys

import eventlet
from eventlet import wsgi

eventlet.monkey_patch(os=False)

from swift.common import utils  # noqa: E402
from swift.common.ring import RingBuilder  # noqa: E402
from swift.common.wsgi import SwiftHttpProtocol, loadapp  # noqa: E402

directory, keys_per_listing = sys.argv[1:]
devices = os.path.join(directory, "devices")
os.makedirs(os.path.join(devices, "d1"))
os.setxattr(devices, "user.kite", b"1")  # swift keeps its metadata there: fail here, clearly, if the disk cannot

with open(os.path.join(directory, "swift.conf"), "w") as conf:
    conf.write("[swift-hash]\nswift_hash_path_suffix = kite\n")
utils.SWIFT_CONF_FILE = os.path.join(directory, "swift.conf")
utils.validate_configuration()

BACKEND = """
[DEFAULT]
swift_dir = {directory}
devices = {devices}
mount_check = false
fallocate_reserve = 0
disable_fallocate = true
log_level = ERROR
[app:main]
use = egg:swift#{name}
"""

PROXY = """
[DEFAULT]
swift_dir = {directory}
log_level = ERROR
[pipeline:main]
pipeline = catch_errors gatekeeper healthcheck cache listing_formats bulk s3api tempauth slo dlo proxy-server
[app:proxy-server]
use = egg:swift#proxy
account_autocreate = true
[filter:catch_errors]
use = egg:swift#catch_errors
[filter:gatekeeper]
use = egg:swift#gatekeeper
[filter:healthcheck]
use = egg:swift#healthcheck
[filter:cache]
use = egg:swift#memcache
memcache_servers = 127.0.0.1:1
[filter:listing_formats]
use = egg:swift#listing_formats
[filter:bulk]
use = egg:swift#bulk
[filter:s3api]
use = egg:swift#s3api
max_bucket_listing = {keys_per_listing}
[filter:tempauth]
use = egg:swift#tempauth
user_kite_tester = kite-secret .admin
[filter:slo]
use = egg:swift#slo
[filter:dlo]
use = egg:swift#dlo
"""


def serve(name, text, socket):
    path = os.path.join(directory, name + "-server.conf")
    with open(path, "w") as conf:
        conf.write(text.format(directory=directory, devices=devices, name=name, keys_per_listing=keys_per_listing))
    app = loadapp(path, global_conf={"log_name": name})
    pool = eventlet.GreenPool(1024)
    options = {"protocol": SwiftHttpProtocol, "capitalize_response_headers": False, "log_output": False}
    eventlet.spawn(wsgi.server, socket, app, custom_pool=pool, **options)


sockets = {name: eventlet.listen(("127.0.0.1", 0)) for name in ("account", "container", "object", "proxy")}
for name in ("account", "container", "object"):
    builder = RingBuilder(4, 1, 1)
    builder.add_dev({"region": 1, "zone": 1, "weight": 1, "device": "d1", "ip": "127.0.0.1",
                     "port": sockets[name].getsockname()[1]})
    builder.rebalance()
    builder.get_ring().save(os.path.join(directory, name + ".ring.gz"))
for name in ("account", "container", "object"):
    serve(name, BACKEND, sockets[name])
serve("proxy", PROXY, sockets["proxy"])

print(sockets["proxy"].getsockname()[1], flush=True)
eventlet.tpool.execute(sys.stdin.buffer.read)
