// What a browser alone can tell of a page. Each measure answers with a list of faults in words;
// an empty list means that the rule holds. Nothing here changes a page but
// `addStyle`, `dropStyleBlocks` and `onlyBgcolor`.
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

  const countTexts = () => texts().length;

  /** Letters that are too small to read without effort. */
  const smallText = (least) =>
    once(
      texts()
        .filter(({ parent }) => pixels(getComputedStyle(parent).fontSize) < least)
        .map(({ parent }) => `${getComputedStyle(parent).fontSize}: ${place(parent)}`),
    );

  /** Large as WCAG means it: 24px, or 18.66px and bold. */
  const isLarge = (style) => {
    const size = pixels(style.fontSize);
    return size >= 24 || (size >= 18.66 && pixels(style.fontWeight) >= 700);
  };

  /** Lines that stand too close; the few words of a title or a figure may stand closer. */
  const tightLines = (least, leastOfLarge) =>
    once(
      texts()
        .map(({ parent }) => ({ parent, style: getComputedStyle(parent) }))
        .filter(({ style }) => {
          const wanted = isLarge(style) ? leastOfLarge : least;
          // "normal" depends on the font, so it promises nothing.
          return !(pixels(style.lineHeight) / pixels(style.fontSize) >= wanted - 0.001);
        })
        .map(({ parent, style }) => `${style.lineHeight} of ${style.fontSize}: ${place(parent)}`),
    );

  /** The width of all that is shown, from the leftmost letter to the rightmost. */
  const wideColumn = (most) => {
    const boxes = texts().flatMap(({ node }) => boxesOf(node));
    if (!boxes.length) return [];
    const width = Math.max(...boxes.map((b) => b.right)) - Math.min(...boxes.map((b) => b.left));
    return width > most ? [`the column is ${Math.round(width)} wide`] : [];
  };

  // Colours ------------------------------------------------------------------------------

  const parse = (value) => {
    const parts = /^rgba?\(([^)]+)\)$/.exec(value);
    if (!parts) return null;
    const [r, g, b, a = 1] = parts[1].split(/[\s,/]+/).filter(Boolean).map(Number);
    return { r, g, b, a };
  };

  const over = (top, under) => {
    const mix = (name) => top[name] * top.a + under[name] * (1 - top.a);
    return { r: mix("r"), g: mix("g"), b: mix("b"), a: 1 };
  };

  const luminance = (colour) => {
    const linear = (part) => {
      const share = part / 255;
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    };
    return 0.2126 * linear(colour.r) + 0.7152 * linear(colour.g) + 0.0722 * linear(colour.b);
  };

  const ratio = (one, other) => {
    const [light, dark] = [luminance(one), luminance(other)].sort((a, b) => b - a);
    return (light + 0.05) / (dark + 0.05);
  };

  const named = ({ r, g, b }) => `rgb(${[r, g, b].map(Math.round).join(", ")})`;

  /** What the browser paints where a page paints nothing. */
  const paper = () => {
    const probe = document.createElement("i");
    probe.style.cssText = "display: none; background-color: Canvas";
    document.body.append(probe);
    const colour = parse(getComputedStyle(probe).backgroundColor);
    probe.remove();
    return colour;
  };

  /** The colour behind an element; null where it cannot be told. */
  const groundFinder = () => {
    const base = paper();
    const known = new Map([[null, base]]);
    const ground = (element) => {
      if (known.has(element)) return known.get(element);
      const style = getComputedStyle(element);
      const own = parse(style.backgroundColor);
      const plain = style.backgroundImage === "none" && style.opacity === "1";
      const simple = plain && style.filter === "none" && style.mixBlendMode === "normal";
      const under = ground(element.parentElement);
      const found = simple && own && under ? over(own, under) : null;
      known.set(element, found);
      return found;
    };
    return ground;
  };

  /** WCAG 1.4.3 for every visible piece of text; what cannot be measured is a fault too. */
  const lowContrast = () => {
    const ground = groundFinder();
    const faults = [];
    for (const { parent } of texts()) {
      const style = getComputedStyle(parent);
      const behind = ground(parent);
      const ink = parse(style.color);
      if (!behind || !ink) {
        faults.push(`cannot be measured: ${place(parent)}`);
        continue;
      }
      const seen = over(ink, behind);
      const wanted = isLarge(style) ? 3 : 4.5;
      const found = ratio(seen, behind);
      if (found < wanted) {
        faults.push(`${found.toFixed(2)}, ${named(seen)} on ${named(behind)}: ${place(parent)}`);
      }
    }
    return once(faults);
  };

  /** What a program leaves that drops style blocks and CSS backgrounds: bgcolor alone. */
  const onlyBgcolor = () => {
    for (const style of document.querySelectorAll("style")) style.remove();
    for (const element of document.querySelectorAll("[style]")) {
      element.style.removeProperty("background");
      element.style.removeProperty("background-color");
    }
  };

  /** Surfaces that would dazzle in the dark. A button is meant to be seen. */
  const lightSurfaces = (area, brightest) => {
    const ground = groundFinder();
    const faults = [];
    const look = (colour, name) => {
      if (!colour) faults.push(`cannot be measured: ${name}`);
      else if (luminance(colour) > brightest) faults.push(`${named(colour)}: ${name}`);
    };
    // What body is painted with is painted on the whole window.
    look(ground(document.body), "the page itself");
    const buttons = new Set(links().flatMap((link) => shell(link)));
    for (const element of elements()) {
      const own = parse(getComputedStyle(element).backgroundColor);
      const box = element.getBoundingClientRect();
      if (own && own.a === 0) continue;
      if (box.width * box.height >= area && !buttons.has(element)) {
        look(ground(element), place(element));
      }
    }
    return once(faults);
  };

  /** Cells that are painted but empty: what shows a number. */
  const bars = () => {
    const cells = [...document.querySelectorAll("table:not([role]) td td, table:not([role]) td")];
    return cells.filter((cell) => {
      const own = parse(getComputedStyle(cell).backgroundColor);
      return !said(cell) && isVisible(cell) && own && own.a > 0;
    });
  };

  /** WCAG 1.4.11: bars against what is behind them, or against one colour given as r, g, b. */
  const faintBars = (behind) => {
    const ground = groundFinder();
    const given = behind && { r: behind[0], g: behind[1], b: behind[2], a: 1 };
    return once(
      bars().flatMap((bar) => {
        const under = given ?? ground(bar.parentElement);
        const colour = ground(bar);
        if (!under || !colour) return [`cannot be measured: ${place(bar)}`];
        const found = ratio(colour, under);
        return found < 3 ? [`${found.toFixed(2)}, ${named(colour)} on ${named(under)}`] : [];
      }),
    );
  };

  const countBars = () => bars().length;

  // Links --------------------------------------------------------------------------------

  const links = () => [...document.querySelectorAll("a[href]")].filter(isVisible);

  /** The link and what holds nothing but it. */
  const shell = (link) => {
    const found = [link];
    let holder = link.parentElement;
    while (holder && holder !== document.body && said(holder) === said(link)) {
      found.push(holder);
      holder = holder.parentElement;
    }
    return found;
  };

  /** A painted shell that is no surface of a whole part is a button. */
  const isButton = (link) =>
    shell(link).some((element) => {
      const own = parse(getComputedStyle(element).backgroundColor);
      const box = element.getBoundingClientRect();
      return own && own.a > 0 && box.height < 120;
    });

  const isAlone = (link) => {
    const block = shell(link).at(-1);
    return block !== link || getComputedStyle(link).display !== "inline";
  };

  /** WCAG 2.5.5 for buttons, 2.5.8 for links that stand alone. A link in a sentence is exempt. */
  const smallTargets = (button, lone) =>
    once(
      links().flatMap((link) => {
        const wanted = isButton(link) ? button : isAlone(link) ? lone : 0;
        const box = link.getBoundingClientRect();
        const found = Math.min(box.width, box.height);
        // Half a pixel is lost when a line is laid out.
        return found < wanted - 0.5 ? [`${found.toFixed(1)} of ${wanted}: ${place(link)}`] : [];
      }),
    );

  const countButtons = () => links().filter(isButton).length;

  /** WCAG 1.4.1: colour alone does not tell a link from the words around it. */
  const plainLinks = () =>
    once(
      links()
        .filter((link) => said(link))
        .filter((link) => !getComputedStyle(link).textDecorationLine.includes("underline"))
        .map(place),
    );

  // Looks --------------------------------------------------------------------------------

  const LOOK = [
    ...["color", "background-color", "background-image", "opacity", "visibility", "display"],
    ...["font-family", "font-size", "font-weight", "font-style", "line-height", "letter-spacing"],
    ...["word-spacing", "text-align", "text-decoration-line", "text-decoration-style"],
    ...["text-transform", "text-indent", "white-space-collapse", "text-wrap-mode", "word-break"],
    ...["overflow-wrap", "direction", "vertical-align", "list-style-type", "list-style-position"],
    ...["margin-top", "margin-right", "margin-bottom", "margin-left", "padding-top"],
    ...["padding-right", "padding-bottom", "padding-left", "border-top-width", "border-top-style"],
    ...["border-top-color", "border-right-width", "border-right-style", "border-right-color"],
    ...["border-bottom-width", "border-bottom-style", "border-bottom-color", "border-left-width"],
    ...["border-left-style", "border-left-color", "border-top-left-radius", "border-collapse"],
    ...["border-bottom-right-radius", "border-spacing", "table-layout", "width", "min-width"],
    ...["max-width", "height", "min-height", "max-height", "box-sizing", "overflow-x", "overflow-y"],
    ...["position", "float", "outline-width", "text-shadow", "box-shadow"],
  ];

  /** How each element looks and where it lies, one line an element, in order. */
  const looks = () =>
    [document.body, ...document.body.querySelectorAll("*")].map((element) => {
      const style = getComputedStyle(element);
      const box = element.getBoundingClientRect();
      const lies = [box.left, box.top, box.width, box.height].map((n) => n.toFixed(1)).join(" ");
      const looks = LOOK.map((name) => `${name}: ${style.getPropertyValue(name)}`).join("; ");
      return `${place(element)} at ${lies} | ${looks}`;
    });

  const dropStyleBlocks = () => {
    for (const style of document.querySelectorAll("style")) style.remove();
  };

  /** axe-core's violations, and the contrast that it cannot tell. It has to be here already. */
  const axeFaults = async (within, options) => {
    const { violations, incomplete } = await axe.run(within ?? document, options);
    const unsure = incomplete.filter((fault) => fault.id === "color-contrast");
    return [...violations, ...unsure].flatMap((fault) =>
      fault.nodes.map((node) => `${fault.id}: ${node.target}: ${node.failureSummary}`),
    );
  };

  const addStyle = (css) => {
    const style = document.createElement("style");
    style.textContent = css;
    document.head.append(style);
    return style;
  };

  return {
    addStyle,
    axeFaults,
    countBars,
    countButtons,
    countTexts,
    dropStyleBlocks,
    faintBars,
    lightSurfaces,
    looks,
    lowContrast,
    onlyBgcolor,
    plainLinks,
    sideways,
    smallTargets,
    smallText,
    tightLines,
    wideColumn,
  };
})();
