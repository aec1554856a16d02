// What the page keeps in the browser, so that it opens as it was left. A browser that keeps
// nothing is as good as one that is new.

export function remember(name, on) {
  try {
    localStorage.setItem(`helix-${name}`, on ? "1" : "");
  } catch {
    // It is not to be had, in a private window for one.
  }
}

export function remembered(name) {
  try {
    return Boolean(localStorage.getItem(`helix-${name}`));
  } catch {
    return false;
  }
}
