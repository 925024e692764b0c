// Small parts that the others share.

export function element(name, properties, ...children) {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
}

// Tells the page's own script that there is something new to make sortable.
export function report(section) {
  section.dispatchEvent(new CustomEvent("parley:shown", { bubbles: true }));
}

// What this browser keeps. Where it refuses, or holds what is no JSON, there is nothing to keep.
export function recall(key, otherwise) {
  try {
    return JSON.parse(localStorage.getItem(key)) ?? otherwise;
  } catch {
    return otherwise;
  }
}

export function keep(key, value) {
  try {
    localStorage.setItem(key, JSON.stringify(value));
  } catch {
    return false; // full, or not allowed
  }
  return true;
}

export function post(address, text, version, rest = {}) {
  const fields = new URLSearchParams({ query: text });
  if (version) fields.set("version", version);
  return fetch(address, { method: "POST", body: fields, ...rest });
}
