// The preview without this is whole: links and forms. This follows them without losing the
// place, reloads when a file was saved, and lets single keys do what links do.

const said = document.querySelector("#said");
const help = document.querySelector("#keys");
const all = (selector, root = document) => [...root.querySelectorAll(selector)];

// --- Words for eyes and screen readers -------------------------------------------------------

let quiet = 0;
let isToldOfDeed = false;

function say(text, { stays = false, isSeen = true } = {}) {
  clearTimeout(quiet);
  // Who sees the page sees what a choice changed; who hears it is told.
  said.parentElement.classList.toggle("unseen", !isSeen);
  said.textContent = text;
  document.querySelector("#said-close").hidden = !text || !isSeen;
  // What a deed came to stays until it is closed: nobody has to read against the clock.
  if (text && !stays) quiet = setTimeout(() => say(""), 6000);
}

const plain = (part) => part.textContent.trim().replace(/\s+/g, " ");

function tally() {
  const parts = [document.querySelector('[data-picker="panel"] a'), document.querySelector("#state")];
  return parts.filter(Boolean).map(plain).join(". ");
}

// --- Following an address without losing the place -------------------------------------------

const here = new URL(".", location.href);
const isOurs = (address) => address.origin === here.origin && address.pathname === here.pathname;
let asked = 0;
// What is being done; a reload that it causes waits, so that what came of it is told.
let deed = null;
// The newest change that the page knows of.
let epoch = NaN;

async function follow(address, { keep = false, reload = false, form = null } = {}) {
  const mine = ++asked;
  const post = form && { method: "POST", body: form.body };
  const answer = await fetch(address, post ?? {}).catch(() => null);
  const text = answer ? await answer.text() : "The preview does not answer. Start it again and open the address that it prints.";
  // Something newer was asked for meanwhile.
  if (mine !== asked) return false;
  const page = new DOMParser().parseFromString(text, "text/html");
  if (!page.querySelector(".layout")) {
    say(plain(page.body), { stays: true });
    return false;
  }
  const edition = editionOf(location);
  const { hash } = new URL(address, location.href);
  if (form && isOurs(new URL(answer.url))) history.replaceState(null, "", answer.url);
  else if (!form && !keep) history.pushState(null, "", answer.url.split("#")[0] + hash);
  swap(page, { reload, without: form?.element, isOther: edition !== editionOf(location) });
  if (hash && !keep) bringIntoView(document.querySelector(hash));
  return true;
}

function swap(page, { reload, without, isOther }) {
  const restore = remember({ without, isOther });
  document.title = page.title;
  // Its address says what a frame shows, not since when.
  const isNewer = !Object.is(epoch, epochOf(page));
  epoch = epochOf(page);
  document.querySelector(".layout").className = page.querySelector(".layout").className;
  arrange(page);
  for (const fresh of all("[data-part]", page)) {
    const old = document.querySelector(`[data-part="${fresh.dataset.part}"]`);
    // What is equal stays, so that a frame is not drawn again for a change beside it.
    if (!old.isEqualNode(fresh)) replace(old, fresh);
  }
  if (reload || isNewer) for (const frame of all("iframe")) frame.replaceWith(frame.cloneNode());
  restore();
  prepare();
  const notice = plain(page.querySelector("#said"));
  isToldOfDeed = Boolean(notice);
  if (notice) say(notice, { stays: true });
}

const epochOf = (page) => parseInt(/since=(\d+)/.exec(page.body.dataset.events)?.[1]);

// A part that only one of the two pages has comes or goes with its column.
function arrange(page) {
  const names = (root) => all("[data-part]", root).map((part) => part.dataset.part).join();
  if (names(page) === names(document)) return;
  for (const column of [".mail-column", ".panel-column"]) {
    replace(document.querySelector(column), page.querySelector(column));
  }
}

function replace(old, fresh) {
  for (const { name } of [...old.attributes]) if (!fresh.hasAttribute(name)) old.removeAttribute(name);
  for (const { name, value } of fresh.attributes) old.setAttribute(name, value);
  old.replaceChildren(...document.importNode(fresh, true).childNodes);
}

function bringIntoView(part) {
  const { top, bottom } = part?.getBoundingClientRect() ?? { top: 0, bottom: 99 };
  if (bottom < 80 || top > innerHeight - 80) part?.scrollIntoView();
}

// --- What a maintainer has under the hand: focus, scroll, open parts, words not yet saved -----

const editionOf = (address) => new URLSearchParams(address.search).get("edition");
const unsaved = (without) =>
  all('main input[id]:not([type="search"], [name="by"]), main textarea[id]')
    .filter((field) => field.value !== field.defaultValue && !without?.contains(field));

function remember({ without, isOther }) {
  const focus = document.activeElement;
  const part = focus?.closest("[data-part]")?.dataset.part;
  const picker = focus?.closest("[data-picker]")?.dataset.picker;
  const menu = focus?.matches("summary") && focus.parentElement.id;
  const open = all("details[id]").filter((one) => !one.contains(without)).map((one) => [one.id, one.open]);
  const fields = isOther ? [] : [...unsaved(without), ...all('#filter-words, main input[name="by"][id]')].map((field) => [field.id, field.value]);
  const scrolled = [document.scrollingElement, ...all("[data-scroll]")].map((box) => [box, box.scrollTop, box.scrollLeft]);
  return () => {
    for (const [id, isOpen] of open) {
      const one = document.getElementById(id);
      if (one) one.open = isOpen;
    }
    for (const [id, value] of fields) {
      const field = document.getElementById(id);
      if (field) field.value = value;
    }
    for (const [box, top, left] of scrolled) box.scrollTo(left, top);
    if (!focus || focus.isConnected) return;
    const again = [
      focus.id && document.getElementById(focus.id),
      menu && document.querySelector(`#${menu} > summary`),
      picker && document.querySelector(`[data-part="${part}"] [data-picker="${picker}"] [aria-current]`),
      focus.href && all("a").find((link) => link.href === focus.href),
      document.querySelector(`[data-part="${part}"][tabindex]`),
      document.querySelector("#panel"),
    ];
    // A control can be there and not take the focus: "Up" of what came first is disabled.
    again.filter(Boolean).find((one) => { one.focus({ preventScroll: true }); return one === document.activeElement; });
  };
}

function mayLeave(address) {
  const stays = ["edition", "panel"].every((word) => {
    const [old, next] = [location.href, address].map((one) => new URL(one).searchParams.get(word));
    return old === next;
  });
  return stays || !unsaved().length || confirm("What you wrote is not saved yet. Leave it behind?");
}

// --- Links and forms -------------------------------------------------------------------------

async function go(link) {
  if (!mayLeave(link.href)) return;
  const picker = link.closest("[data-picker]")?.dataset.label;
  const about = link.querySelector(".unseen, .option-label") ?? link;
  const words = picker ? `${picker}: ${plain(about)}` : `Outlined in the mail${plain(about)}`;
  const isPlace = picker || link.matches(".places a, .card-foot a");
  if (!(await follow(link.href))) return;
  if (isPlace) say(words, { isSeen: false });
  document.querySelector("#panel .is-marked")?.scrollIntoView({ block: "center" });
}

document.addEventListener("click", (event) => {
  const link = event.target.closest("a[href]");
  for (const menu of all(".menu[open]")) if (link || !menu.contains(event.target)) menu.open = false;
  if (!link || link.hasAttribute("download") || link.getAttribute("href").startsWith("#")) return;
  if (!isOurs(new URL(link.href)) || event.button) return;
  if (event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
  event.preventDefault();
  go(link);
});

document.addEventListener("submit", async (event) => {
  event.preventDefault();
  const form = event.target;
  if (form.dataset.busy) return;
  const body = new URLSearchParams(new FormData(form, event.submitter));
  if (form.querySelector(".who") && !body.get("by")) {
    const name = all('input[name="by"]').map((field) => field.value.trim()).find(Boolean);
    if (!name) return askWho(form.querySelector(".who"));
    body.set("by", name);
  }
  form.dataset.busy = "yes";
  if (form.method === "post") await (deed = follow(form.action, { form: { body, element: form } }));
  else {
    const address = new URL(form.action);
    address.search = body;
    for (const menu of all(".menu[open]")) menu.open = false;
    if (mayLeave(address)) await follow(address.href);
  }
  delete form.dataset.busy;
});

// Where each small form would ask for the same name, one that was written once is enough.
function askWho(part, { isShown = true } = {}) {
  part.hidden = !isShown;
  const field = part.querySelector("input");
  field.disabled = !isShown;
  if (!isShown) return;
  field.focus();
  say("Write your name first, so that the others know who it was.", { stays: true });
}

addEventListener("popstate", () => follow(location.href, { keep: true }));
addEventListener("beforeunload", (event) => { if (unsaved().length) event.preventDefault(); });

// --- Live reload -----------------------------------------------------------------------------

function listen(address) {
  const events = new EventSource(address);
  let wasLost = false;
  const reload = async (event) => {
    await deed;
    // What a deed changed, its own page shows already.
    if (event.type === "change" && Number(event.data) <= epoch) return;
    if (await follow(location.href, { keep: true, reload: true }) && !isToldOfDeed) say(`Reloaded. ${tally()}`);
  };
  events.addEventListener("change", reload);
  events.addEventListener("open", (event) => { if (wasLost) reload(event); wasLost = false; });
  events.addEventListener("error", () => {
    if (!wasLost) say("The preview does not answer. What you see may be old.", { stays: true });
    wasLost = true;
  });
}

// --- Keys ------------------------------------------------------------------------------------

const KEYS_OFF = "otalk-digest-preview-keys-off";
const choices = (name) => all(`[data-picker="${name}"]`).slice(0, 1).flatMap((picker) => all("a", picker));
const currentAt = (links) => links.findIndex((link) => link.hasAttribute("aria-current"));

function step(name, by, { round = false } = {}) {
  const links = choices(name);
  const next = currentAt(links) + by;
  const link = round ? links[next % links.length] : links[next];
  if (link) go(link);
  else say(by > 0 ? "That was the last one." : "That was the first one.");
}

function nextFinding() {
  const links = all("a[data-finding]");
  if (links.length) return go(links[(currentAt(links) + 1) % links.length]);
  return document.querySelector("#panel").dataset.kind === "findings" ? say("There is no finding to go to.") : choices("panel").slice(0, 1).forEach(go);
}

const KEYS = {
  d: () => step("mode", 1, { round: true }),
  i: () => step("images", 1, { round: true }),
  s: () => step("styles", 1, { round: true }),
  w: () => step("width", 1, { round: true }),
  c: () => step("compare", 1, { round: true }),
  j: () => step("edition", 1),
  k: () => step("edition", -1),
  "[": () => step("reader", -1),
  "]": () => step("reader", 1),
  n: nextFinding,
  "?": () => help.showModal(),
};

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") {
    const menu = document.querySelector(".menu[open]");
    if (menu) { menu.open = false; menu.querySelector("summary").focus(); }
    else if (!help.open) say("");
  }
  if (event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
  if (localStorage.getItem(KEYS_OFF) || event.target.closest("input, textarea, select")) return;
  if (help.open) { if (event.key === "?") help.close(); return; }
  const panel = /^[1-9]$/.test(event.key) && choices("panel")[event.key - 1];
  const deed = panel ? () => go(panel) : Object.hasOwn(KEYS, event.key) && KEYS[event.key];
  if (!deed) return;
  event.preventDefault();
  deed();
});

// --- What only a script can do is shown once there is one -------------------------------------

function prepare() {
  document.querySelector("#keys-button").hidden = false;
  for (const part of all(".who")) askWho(part, { isShown: false });
  const filter = document.querySelector("#filter");
  if (filter) { filter.hidden = false; sift(); }
}

function sift() {
  const words = document.querySelector("#filter-words").value.toLowerCase().split(/\s+/);
  const rows = all("[data-filter]");
  for (const row of rows) row.hidden = !words.every((word) => row.textContent.toLowerCase().includes(word));
  const shown = rows.filter((row) => !row.hidden).length;
  document.querySelector("#filter-count").textContent = shown < rows.length ? `${shown} of ${rows.length} rules shown` : "";
}

document.addEventListener("input", (event) => { if (event.target.id === "filter-words") sift(); });
document.addEventListener("click", (event) => {
  if (event.target.id === "keys-button") help.showModal();
  if (event.target.id === "keys-close" || event.target === help) help.close();
  if (event.target.id === "said-close") say("");
});
const keysOn = document.querySelector("#keys-on");
keysOn.checked = !localStorage.getItem(KEYS_OFF);
keysOn.addEventListener("change", () => {
  if (keysOn.checked) localStorage.removeItem(KEYS_OFF);
  else localStorage.setItem(KEYS_OFF, "yes");
});

prepare();
epoch = epochOf(document);
if (document.body.dataset.events) listen(document.body.dataset.events);
// A live region speaks when it changes, not when it is born full.
const notice = plain(said);
said.textContent = "";
if (notice) setTimeout(() => say(notice, { stays: true }), 100);
