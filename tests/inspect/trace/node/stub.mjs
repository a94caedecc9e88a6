// A document for tests: the elements, attributes and events that the page uses, and no more. `open` fills it with the page.

import fs from "node:fs";

const WEB = new URL("../../../../minifw/inspect/trace/web/", import.meta.url);
const kebab = (name) => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);

// one part of a selector, such as  rect.spot[data-target]  or  :scope
function meets(element, part, scope) {
  if (part === ":scope") return element === scope;
  return [...part.matchAll(/\[([\w-]+)(?:="([^"]*)")?\]|([.#]?)([\w-]+)/g)].every(([, key, wanted, mark, name]) => {
    if (key) return key in element.attributes && (wanted === undefined || element.attributes[key] === wanted);
    if (mark === "#") return element.id === name;
    return mark ? element.classList.contains(name) : element.localName === name.toLowerCase();
  });
}

function found(element, parts, scope) {
  const [last] = parts.slice(-1);
  if (!meets(element, last, scope)) return false;
  const rest = parts.slice(0, -1);
  if (!rest.length) return true;
  if (rest[rest.length - 1] === ">") return Boolean(element.parentElement) && found(element.parentElement, rest.slice(0, -1), scope);
  for (let above = element.parentElement; above; above = above.parentElement) if (found(above, rest, scope)) return true;
  return false;
}

const matches = (element, selector, scope) => selector.split(",").some((one) => found(element, one.trim().split(/\s+/), scope));

export class Target {
  listeners = [];

  addEventListener(type, act) {
    this.listeners.push({ type, act });
  }

  removeEventListener(type, act) {
    this.listeners = this.listeners.filter((each) => each.type !== type || each.act !== act);
  }

  // what happens to an element happens to all around it
  fire(type, about = {}) {
    const event = { type, target: this, stopped: false, prevented: false, ...about };
    event.preventDefault = () => (event.prevented = true);
    event.stopPropagation = () => (event.stopped = true);
    for (let at = this; at && !event.stopped; at = at.parentElement || (at === document || !at.localName ? null : document))
      for (const each of [...at.listeners]) if (each.type === type) each.act(Object.assign(event, { currentTarget: at }));
    return event;
  }
}

class Text {
  constructor(text) {
    this.textContent = text;
  }
}

export class Element extends Target {
  constructor(tag) {
    super();
    Object.assign(this, { localName: tag, tagName: tag.toUpperCase(), attributes: {}, childNodes: [], parentElement: null, painted: [] });
    const [own, styles] = [this, {}];
    this.style = { styles, setProperty: (key, value) => (styles[key] = String(value)) };
    this.dataset = new Proxy({}, {
      get: (_, key) => own.attributes[`data-${kebab(key)}`],
      set: (_, key, value) => ((own.attributes[`data-${kebab(key)}`] = String(value)), true),
    });
    const names = () => (own.attributes.class || "").split(/\s+/).filter(Boolean);
    this.classList = {
      contains: (name) => names().includes(name),
      add: (name) => (own.attributes.class = [...new Set([...names(), name])].join(" ")),
      remove: (name) => (own.attributes.class = names().filter((each) => each !== name).join(" ")),
    };
    Object.assign(this, { clientWidth: 2400, clientHeight: 760, scrollWidth: 2400, offsetTop: 0, offsetWidth: 100, offsetHeight: 20 });
  }

  setAttribute(key, value) {
    this.attributes[key] = String(value);
  }

  getAttribute(key) {
    return this.attributes[key] ?? null;
  }

  append(...children) {
    for (const child of children) {
      const node = child instanceof Element ? child : new Text(String(child));
      if (node.parentElement) node.parentElement.childNodes = node.parentElement.childNodes.filter((each) => each !== node);
      node.parentElement = this;
      this.childNodes.push(node);
    }
  }

  replaceChildren(...children) {
    for (const child of this.childNodes) child.parentElement = null;
    this.childNodes = [];
    this.append(...children);
  }

  get children() {
    return this.childNodes.filter((child) => child instanceof Element);
  }

  get childElementCount() {
    return this.children.length;
  }

  get textContent() {
    return this.childNodes.map((child) => child.textContent).join("");
  }

  set textContent(text) {
    this.replaceChildren(text);
  }

  get ownerSVGElement() {
    return this.parentElement && this.parentElement.closest("svg");
  }

  get all() {
    return this.children.flatMap((child) => [child, ...child.all]);
  }

  querySelectorAll(selector) {
    return this.all.filter((each) => matches(each, selector, this));
  }

  querySelector(selector) {
    return this.querySelectorAll(selector)[0] ?? null;
  }

  closest(selector) {
    return matches(this, selector, this) ? this : this.parentElement && this.parentElement.closest(selector);
  }

  contains(other) {
    return other === this || this.all.includes(other);
  }

  get value() {
    return this.set ?? this.attributes.value ?? "";
  }

  set value(value) {
    this.set = String(value);
  }

  click() {
    if (!this.disabled) this.fire("click", { clientX: 0, clientY: 0 });
  }

  focus() {
    document.activeElement = this;
  }

  getBoundingClientRect() {
    return { left: 0, top: 0, width: Number(this.attributes.width || 100), height: Number(this.attributes.height || 20), bottom: 20 };
  }

  // a canvas: each letter is 6 wide, and what is painted is kept
  getContext() {
    return { measureText: (text) => ({ width: 6 * text.length }), fillRect: (...box) => this.painted.push(box) };
  }

  showModal() {
    this.open = true;
  }

  select() {}

  scrollTo() {}
}

for (const key of ["hidden", "open", "disabled"])
  Object.defineProperty(Element.prototype, key, {
    get() {
      return key in this.attributes;
    },
    set(on) {
      if (on) this.attributes[key] = "";
      else delete this.attributes[key];
    },
  });
for (const [key, attribute] of Object.entries({ id: "id", className: "class", href: "href", type: "type", max: "max" }))
  Object.defineProperty(Element.prototype, key, {
    get() {
      return this.attributes[attribute] ?? "";
    },
    set(value) {
      this.attributes[attribute] = String(value);
    },
  });

const ALONE = new Set(["meta", "input", "br"]);

// the elements of a piece of the page; its markup is our own and plain
function parsed(markup, root) {
  let at = root;
  for (const [, text, close, tag, attributes, ended] of markup.matchAll(/([^<]+)|<(\/?)(\w+)((?:\s+[\w-]+(?:="[^"]*")?)*)\s*(\/?)>/g)) {
    if (text) text.trim() && at.append(text);
    else if (close) at = at.parentElement;
    else {
      const element = new Element(tag);
      for (const [, key, value = ""] of attributes.matchAll(/([\w-]+)(?:="([^"]*)")?/g)) element.setAttribute(key, value);
      at.append(element);
      if (!ended && !ALONE.has(tag)) at = element;
    }
  }
}

const window = new Target();
export const page = { window, frames: [], address: "" };

// the page as Python writes it, with the data of a network; the frames asked for wait in `page.frames`
export function open(data = null, hash = "") {
  const root = new Element("html");
  const [head, body] = [new Element("head"), new Element("body")];
  root.append(head, body);
  const documentStub = Object.assign(new Target(), {
    documentElement: root,
    head,
    body,
    activeElement: body,
    createElement: (tag) => new Element(tag),
    createElementNS: (_, tag) => new Element(tag),
    getElementById: (id) => root.all.find((each) => each.id === id) ?? null,
    querySelectorAll: (selector) => root.querySelectorAll(selector),
    contains: (element) => root.contains(element),
  });
  Object.assign(page, { frames: [], address: hash });
  window.listeners = [];
  Object.assign(globalThis, {
    document: documentStub,
    location: { hash, href: `file:///page.html${hash}`, protocol: "file:" },
    history: { replaceState: (_, __, address) => (page.address = address) },
    matchMedia: () => Object.assign(new Target(), { matches: false }),
    getComputedStyle: () => ({ getPropertyValue: (name) => name }),
    requestAnimationFrame: (act) => page.frames.push(act),
    cancelAnimationFrame: () => (page.frames = []),
    addEventListener: (...about) => window.addEventListener(...about),
    removeEventListener: (...about) => window.removeEventListener(...about),
    ResizeObserver: class { observe() {} },
    XMLSerializer: class { serializeToString(element) { return `<${element.localName}>`; } },
    innerWidth: 2400,
    innerHeight: 1000,
  });
  Object.defineProperty(globalThis, "navigator", { value: {}, configurable: true });
  const [, markup] = fs.readFileSync(new URL("page.html", WEB), "utf8").match(/<body>([^]*)<\/body>/);
  parsed(markup.replace(/\{\{\w+\}\}/g, ""), body);
  if (data) document.getElementById("data").textContent = JSON.stringify(data);
  return documentStub;
}

// the numbers that stand in the parts of a page
export const numbersIn = (elements) => elements.map((each) => Number(each.dataset.value));
export const texts = (elements) => elements.map((each) => each.textContent);
