# SPDX-License-Identifier: GPL-3.0-or-later
"""A file server that others fetch from, with faults on demand: `python3 upstream.py FOLDER PORT FAULTS LOG`.

FAULTS is a JSON file {"PATH": "FAULT"}, read anew for every request; LOG gets a line "METHOD PATH RANGE CONDITION" for each.
Faults: "wait SECONDS" before the answer; "hang" and "trickle" (a byte a second) in the middle; "rate BYTES" a second; "cut" a whole answer in its middle (ranges
are answered whole); "cut-always"; "login" a page of HTML instead; "wrong" other bytes; "status CODE"; "to URL" a redirect; "loop"; "long"
announces a terabyte; "changed" a cut, and then another version.
"""

import email.utils
import hashlib
import http.server
import json
import pathlib
import sys
import time
import urllib.parse

FOLDER, PORT, FAULTS, LOG = pathlib.Path(sys.argv[1]), int(sys.argv[2]), pathlib.Path(sys.argv[3]), pathlib.Path(sys.argv[4])


class Upstream(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def say(self, code, body=b"", **headers):
        self.send_response(code)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        condition = self.headers.get("If-None-Match") or self.headers.get("If-Modified-Since") or "-"
        with LOG.open("a") as log:
            log.write(f"GET {self.path} {self.headers.get('Range', '-')} {condition}\n")
        fault, _, value = json.loads(FAULTS.read_text()).get(self.path, "").partition(" ")
        if fault == "wait":
            time.sleep(float(value))
        elif fault == "status":
            return self.say(int(value), b"no\n")
        elif fault in ("to", "loop"):
            return self.say(302, b"", Location=value or self.path)
        elif fault == "login":
            return self.say(200, b"<html>Please log in</html>", Content_Type="text/html")
        path = FOLDER / urllib.parse.unquote(self.path).lstrip("/")
        if not path.is_file():
            return self.say(404, b"no such file\n")
        return self.send_file(path, fault, value)

    def send_file(self, path, fault, value):
        body = path.read_bytes()
        if fault == "wrong":
            body = body[:8] + bytes(byte ^ 1 for byte in body[8:])
        tag = '"' + hashlib.md5(body).hexdigest() + '"'
        if self.headers.get("If-None-Match") == tag:
            return self.say(304, ETag=tag)
        start, code, asked = 0, 200, self.headers.get("Range")
        if asked and self.headers.get("If-Range", tag) == tag:
            start, code = int(asked[len("bytes="):].split("-")[0]), 206
            if start >= len(body):
                return self.say(416, Content_Range=f"bytes */{len(body)}")
        self.send_response(code)
        self.send_header("ETag", tag)
        self.send_header("Last-Modified", email.utils.formatdate(path.stat().st_mtime, usegmt=True))
        if code == 206:
            self.send_header("Content-Range", f"bytes {start}-{len(body) - 1}/{len(body)}")
        self.send_header("Content-Length", str(1 << 40 if fault == "long" else len(body) - start))
        self.end_headers()
        middle = start + (len(body) - start) // 2
        if fault in ("cut-always", "long") or (fault in ("cut", "changed") and code == 200):
            self.wfile.write(body[start:middle])
            self.wfile.flush()
            self.close_connection = True
            if fault == "changed":
                path.write_bytes(body[::-1])
                FAULTS.write_text("{}")
        elif fault == "rate":
            for place in range(start, len(body), int(value) // 10):
                self.wfile.write(body[place:place + int(value) // 10])
                time.sleep(0.1)
        elif fault in ("hang", "trickle"):
            self.wfile.write(body[start:middle])
            for place in range(middle, len(body)):
                time.sleep(1 if fault == "trickle" else 3600)
                self.wfile.write(body[place:place + 1])
        else:
            self.wfile.write(body[start:])


http.server.ThreadingHTTPServer.daemon_threads = True
http.server.ThreadingHTTPServer(("0.0.0.0", PORT), Upstream).serve_forever()
