// What a browser alone can tell of a page. Each measure answers with a list of faults in words;
// an empty list means that the rule holds. Nothing here changes a page but `addStyle`.
window.measures = (() => {
  const WHITE = /[\s\u00a0\u200b\u200c\u200d\ufeff]+/g;

  const said = (node) => node.textContent.replace(WHITE, " ").trim();

  const place = (element) => {
    const name = element.tagName.toLowerCase();
    const classes = element.classList.length ? `.${[...element.classList].join(".")}` : "";
    return `${name}${classes} “${said(element).slice(0, 40)}”`;
  };

  const isVisible = (element) => {
    if (!element.checkVisibility({ visibilityProperty: true, opacityProperty: true })) return false;
    const box = element.getBoundingClientRect();
    return box.width > 0 && box.height > 0;
  };

  /** Visible text with its element; what only holds places is none. */
  const texts = () => {
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    const found = [];
    while (walker.nextNode()) {
      const parent = walker.currentNode.parentElement;
      if (said(walker.currentNode) && !parent.closest("style, script, noscript") && isVisible(parent)) {
        found.push({ node: walker.currentNode, parent });
      }
    }
    return found;
  };

  const elements = () => [...document.body.querySelectorAll("*")].filter(isVisible);

  const boxesOf = (node) => {
    const range = document.createRange();
    range.selectNodeContents(node);
    return [...range.getClientRects()].filter((box) => box.width > 0);
  };

  const pixels = (value) => Number.parseFloat(value);

  const once = (faults) => [...new Set(faults)];

  /** WCAG 1.4.10: what is wider than the window, or cut off inside something narrower. */
  const sideways = () => {
    const root = document.documentElement;
    const width = root.clientWidth;
    const faults = [];
    if (root.scrollWidth > width) faults.push(`the page is ${root.scrollWidth} wide, of ${width}`);
    const sticksOut = (box) => box.right > width + 0.5 || box.left < -0.5;
    for (const { node, parent } of texts()) {
      if (boxesOf(node).some(sticksOut)) faults.push(`text leaves the window: ${place(parent)}`);
    }
    for (const element of elements()) {
      const style = getComputedStyle(element);
      const hides = style.overflowX === "hidden" || style.overflowX === "clip";
      if (sticksOut(element.getBoundingClientRect())) {
        faults.push(`wider than the window: ${place(element)}`);
      } else if (hides && element.scrollWidth > element.clientWidth + 1) {
        faults.push(`cut off: ${place(element)}`);
      }
    }
    return once(faults);
  };

  const addStyle = (css) => {
    const style = document.createElement("style");
    style.textContent = css;
    document.head.append(style);
    return style;
  };

  return { addStyle, sideways };
})();
