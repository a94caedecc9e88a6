"""A browser, driven through the WebDriver protocol with nothing but the standard library."""

import base64
import json
import shutil
import subprocess
import urllib.error
import urllib.request
from contextlib import contextmanager

ELEMENT = "element-6066-11e4-a52e-4f735466cecf"
KEYS = {"ArrowRight": "\ue014", "ArrowLeft": "\ue012", "Home": "\ue011", "End": "\ue010", "Tab": "\ue004", "Enter": "\ue007"}
KEYS |= {"Escape": "\ue00c", "ArrowUp": "\ue013", "ArrowDown": "\ue015"}


class Browser:
    """One session of a headless Chromium."""

    def __init__(self, address):
        self.address = address
        arguments = ["--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu", "--hide-scrollbars"]
        options = {"goog:chromeOptions": {"args": arguments}, "goog:loggingPrefs": {"browser": "ALL"}}
        found = self._send("POST", "/session", {"capabilities": {"alwaysMatch": options}})
        self.session = f"/session/{found['sessionId']}"

    def _send(self, method, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.address + path, data, {"Content-Type": "application/json"}, method=method)
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return json.load(answer)["value"]
        except urllib.error.HTTPError as error:
            raise RuntimeError(json.load(error)["value"]["message"].split("\n")[0]) from None

    def post(self, path, **body):
        return self._send("POST", self.session + path, body)

    def open(self, path, width=1280, height=800, dark=False, phone=False, fragment="", calm=False, media=""):
        """Open a file in a window of a size, in light or dark, with less motion, or as it is printed."""
        size = {"width": width, "height": height, "deviceScaleFactor": 2 if phone else 1, "mobile": phone}
        self.post("/goog/cdp/execute", cmd="Emulation.setDeviceMetricsOverride", params=size)
        features = {"prefers-color-scheme": "dark" if dark else "light", "prefers-reduced-motion": "reduce" if calm else ""}
        scheme = {"media": media, "features": [{"name": name, "value": value} for name, value in features.items()]}
        self.post("/goog/cdp/execute", cmd="Emulation.setEmulatedMedia", params=scheme)
        self.post("/url", url=path.as_uri() + fragment)

    def run(self, script, *arguments):
        """Run JavaScript and return what it returns."""
        return self.post("/execute/sync", script=script, args=list(arguments))

    def text(self, selector):
        """Return the text of the first element that a CSS selector finds."""
        return self.run("return document.querySelector(arguments[0]).textContent", selector)

    def press(self, *keys):
        """Press keys one after another, wherever the focus is."""
        actions = []
        for key in keys:
            actions += [{"type": kind, "value": KEYS.get(key, key)} for kind in ("keyDown", "keyUp")]
        self.post("/actions", actions=[{"type": "key", "id": "keyboard", "actions": actions}])

    def click(self, selector):
        """Click the first element that a CSS selector finds."""
        self.run("document.querySelector(arguments[0]).scrollIntoView({block: 'center'})", selector)
        found = self.post("/element", using="css selector", value=selector)
        self.post(f"/element/{found[ELEMENT]}/click")

    def drag(self, x, y, right, down):
        """Press the pointer at a place of the window, move it so far, and let it go."""
        moves = [{"type": "pointerMove", "x": x, "y": y, "duration": 0}, {"type": "pointerDown", "button": 0}]
        if right or down:
            moves.append({"type": "pointerMove", "x": x + right, "y": y + down, "duration": 50})
        moves.append({"type": "pointerUp", "button": 0})
        mouse = {"type": "pointer", "id": "mouse", "parameters": {"pointerType": "mouse"}, "actions": moves}
        self.post("/actions", actions=[mouse])

    def point(self, x, y):
        """Click at a place of the window."""
        self.drag(x, y, 0, 0)

    def errors(self):
        """Return what the console holds, since it was asked last."""
        return [entry["message"] for entry in self.post("/se/log", type="browser")]

    def picture(self, path):
        """Write a picture of the window."""
        path.write_bytes(base64.b64decode(self._send("GET", self.session + "/screenshot")))

    def close(self):
        self._send("DELETE", self.session)


@contextmanager
def browser():
    """A Chromium with its driver, both of which must be on the PATH."""
    driver = shutil.which("chromedriver")
    if driver is None or not (shutil.which("chromium") or shutil.which("google-chrome")):
        raise RuntimeError("the tests of the page need a browser: apt-get install chromium chromium-driver")
    with subprocess.Popen([driver, "--port=0"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        try:
            ready = next(line for line in process.stdout if "started successfully on port" in line)
            found = Browser("http://127.0.0.1:" + ready.rsplit(" ", 1)[1].strip().rstrip("."))
            try:
                yield found
            finally:
                found.close()
        finally:
            process.terminate()
