// The live board. It shows what the server says and nothing else: the standings of one hunt as they come over the event
// stream, and of one player what the read API answers. Data becomes text nodes, never markup.

const query = new URLSearchParams(location.search);
const TOP = Math.min(Math.max(Number(query.get("top")) || 50, 1), 100);
/** Players shown before somebody asks for the rest; on a wide screen as many as fit. */
const SHORT = 25;
const RENDER_MS = 900;
/** Events come every 2 s and the clock is known to about a second, so an as_of this old is still live. */
const LIVE_MS = 5000;
const SILENCE_MS = 10000;
const POLL_AFTER_MS = 15000;

const wide = matchMedia("(min-width: 64rem)");
const still = matchMedia("(prefers-reduced-motion: reduce)");
const byID = (id) => document.getElementById(id);
const number = (value) => value.toLocaleString("en");
const plural = (count, noun) => `${number(count)} ${noun}${count === 1 ? "" : "s"}`;
const clock = { hour: "2-digit", minute: "2-digit" };
const exactTime = (text) => new Date(text).toLocaleTimeString("en-GB");
const day = (text) => new Date(text).toLocaleString("en-GB", { day: "numeric", month: "short", ...clock });
/** The time of day, with the date when that is not today. */
const time = (text) => (Math.abs(Date.now() - Date.parse(text)) < 43200000 ? new Date(text).toLocaleTimeString("en-GB", clock) : day(text));

/** An element with text and children. */
function make(tag, { text, className, attributes = {}, on } = {}, ...children) {
  const element = document.createElement(tag);
  if (text !== undefined) element.textContent = text;
  if (className) element.className = className;
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  if (on) element.addEventListener("click", on);
  element.append(...children);
  return element;
}

function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/** Seconds, minutes, hours or days, the two largest. */
function span(ms) {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return minutes < 10 ? `${minutes} min ${seconds % 60} s` : `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return `${hours} h ${minutes % 60} min`;
  return `${Math.floor(hours / 24)} days`;
}

/** Grows with every failure, and is never the same for two pages. */
function pause(failures, limitMs = 30000) {
  return Math.min(limitMs, 1000 * 2 ** Math.min(failures, 6)) * (0.5 + Math.random() / 2);
}

// MARK: The server

/** How far the server's clock is ahead of this one, ms. Below the precision of an HTTP date it counts as none. */
let clockAhead = 0;
const now = () => Date.now() + clockAhead;

class Refused extends Error {
  constructor(status, problem, retryAfterMs) {
    super(problem.detail || problem.title || `The server answered ${status}.`);
    this.status = status;
    this.retryAfterMs = retryAfterMs;
  }
}

async function ask(path) {
  const asked = Date.now();
  const answer = await fetch(path, { headers: { accept: "application/json" }, cache: "no-cache" });
  const date = Date.parse(answer.headers.get("date") || "");
  if (!Number.isNaN(date)) {
    const ahead = date + 500 - (asked + Date.now()) / 2;
    clockAhead = Math.abs(ahead) < 1500 ? 0 : ahead;
  }
  const body = await answer.json().catch(() => ({}));
  if (answer.ok) return body;
  throw new Refused(answer.status, body, 1000 * (Number(answer.headers.get("retry-after")) || 0));
}

const huntPath = (slug) => `/v1/hunts/${encodeURIComponent(slug)}`;
const playerPath = (slug, player) => `${huntPath(slug)}/players/${encodeURIComponent(player)}`;

// MARK: What is known

const state = {
  hunts: [],
  slug: null,
  hunt: null,
  /** As of the last event or answer: as_of, version, source. */
  stamp: null,
  rulesVersion: null,
  players: 0,
  entries: [],
  isConnected: false,
  isPolling: false,
  isGone: false,
  pinned: null,
  pinnedEntry: null,
};

/** The order of the contract; player ids are ASCII. */
function precedes(a, b) {
  if (a.score !== b.score) return b.score - a.score;
  const [first, second] = [a.reached_at || "~", b.reached_at || "~"];
  if (first !== second) return first < second ? -1 : 1;
  return a.player < b.player ? -1 : 1;
}

function showStamp({ as_of, version, source }) {
  state.stamp = { as_of, version, source };
}

function showSnapshot(board) {
  showStamp(board);
  state.players = board.players;
  state.entries = board.entries;
  state.isGone = false;
  if (state.rulesVersion !== null && state.rulesVersion !== board.rules_version) refreshHunt();
  state.rulesVersion = board.rules_version;
  changed();
}

/** Returns false when it does not fit to what is shown: then only a snapshot helps. */
function showDelta(delta) {
  const left = new Set(delta.gone);
  for (const entry of delta.changed) left.add(entry.player);
  const entries = state.entries.filter((entry) => !left.has(entry.player)).concat(delta.changed).sort(precedes);
  if (entries.length !== Math.min(TOP, delta.players)) return false;
  showStamp(delta);
  state.players = delta.players;
  state.entries = entries;
  changed();
  return true;
}

// MARK: The stream

const stream = {
  source: null,
  lastID: null,
  failures: 0,
  lastHeard: 0,
  lostAt: 0,
  timer: 0,

  start() {
    this.stop();
    const url = new URL(`${huntPath(state.slug)}/board/stream`, location.origin);
    url.searchParams.set("top", TOP);
    if (this.lastID) url.searchParams.set("last_event_id", this.lastID);
    const source = (this.source = new EventSource(url));
    this.lastHeard = Date.now();
    const on = (name, show) =>
      source.addEventListener(name, (event) => {
        if (source !== this.source) return;
        this.heard();
        if (event.lastEventId) this.lastID = event.lastEventId;
        if (show(JSON.parse(event.data)) === false) this.restart(true);
      });
    on("snapshot", showSnapshot);
    on("delta", showDelta);
    on("fresh", (stamp) => showStamp(stamp));
    source.addEventListener("error", () => {
      if (source !== this.source) return;
      this.lost();
      // Refused, by a status: the browser gives up, so the page comes back by itself.
      if (source.readyState === EventSource.CLOSED) this.restart(false);
    });
  },

  stop() {
    clearTimeout(this.timer);
    this.source?.close();
    this.source = null;
  },

  /** Forgets what was shown when `isBroken`, so that a snapshot comes. */
  restart(isBroken) {
    this.stop();
    if (isBroken) this.lastID = null;
    this.timer = setTimeout(() => this.start(), isBroken ? 0 : pause(this.failures));
    this.failures += 1;
  },

  heard() {
    this.lastHeard = Date.now();
    this.failures = 0;
    this.lostAt = 0;
    if (!state.isConnected && poll.wasLost) announce("Connected again.");
    poll.stop();
    poll.wasLost = false;
    if (state.isConnected) return;
    state.isConnected = true;
    // With the stamp of the event that is shown now.
    queueMicrotask(showFreshness);
  },

  lost() {
    this.lostAt ||= Date.now();
    state.isConnected = false;
    showFreshness();
  },

  /** Once a second: a connection that says nothing is none, and one that is away for long is replaced by asking. */
  watch() {
    if (!state.slug) return;
    if (this.source && Date.now() - this.lastHeard > SILENCE_MS) {
      this.lost();
      this.lastHeard = Date.now();
      if (this.source.readyState === EventSource.OPEN) this.restart(false);
    }
    if (this.lostAt && Date.now() - this.lostAt > POLL_AFTER_MS) poll.start();
  },
};

/** Asks for the board again and again while there is no stream. */
const poll = {
  timer: 0,
  failures: 0,
  wasLost: false,

  start() {
    if (this.timer) return;
    if (!this.wasLost) announce("The connection is lost. Trying to come back.");
    this.wasLost = true;
    this.timer = setTimeout(() => this.turn(), 0);
  },

  stop() {
    clearTimeout(this.timer);
    this.timer = 0;
    this.failures = 0;
    state.isPolling = false;
  },

  async turn() {
    const slug = state.slug;
    let wait = 3000;
    try {
      const board = await ask(`${huntPath(slug)}/board?limit=${TOP}`);
      if (slug !== state.slug || !this.timer) return;
      this.failures = 0;
      state.isPolling = true;
      // The id of a state that the stream did not bring: the stream begins anew.
      stream.lastID = null;
      showSnapshot(board);
    } catch (fault) {
      if (slug !== state.slug || !this.timer) return;
      state.isPolling = false;
      this.failures += 1;
      wait = Math.max(pause(this.failures), fault.retryAfterMs || 0);
      if (fault.status === 404) huntIsGone();
    }
    this.timer = setTimeout(() => this.turn(), wait);
    showFreshness();
  },
};

// MARK: Freshness

function showFreshness() {
  const box = byID("freshness");
  const age = state.stamp ? now() - Date.parse(state.stamp.as_of) : Infinity;
  const isOld = age > LIVE_MS;
  const old = state.stamp ? `${span(age)} behind` : "";
  let [name, text] = ["waiting", "connecting …"];
  if (state.isConnected) [name, text] = isOld ? ["behind", old] : ["live", "live"];
  else if (state.isPolling) [name, text] = isOld ? ["behind", old] : ["live", "every 3 s"];
  else if (stream.lostAt) [name, text] = ["lost", state.stamp && isOld ? `reconnecting … ${old}` : "reconnecting …"];
  box.dataset.state = name;
  setText(byID("freshness-text"), text);
  if (!state.stamp) return;
  const sources = { feed: "the feed, change by change", primary: "Postgres, the primary", replica: "Postgres, a replica" };
  const facts = [
    ["As of", exactTime(state.stamp.as_of)],
    ["Learned from", sources[state.stamp.source] || state.stamp.source],
    ["Version", number(state.stamp.version)],
  ];
  box.firstElementChild.title = facts.map((fact) => fact.join(": ")).join("\n");
  if (box.open) {
    byID("freshness-facts").replaceChildren(...facts.flatMap(([name, value]) => [make("dt", { text: name }), make("dd", { text: value })]));
  }
}

function showFacts() {
  const facts = [];
  const add = (value, rest, className) => facts.push(make("span", { className }, make("b", { text: value }), ` ${rest}`));
  if (state.stamp) add(number(state.players), state.players === 1 ? "player" : "players");
  if (state.hunt) {
    const { opens_at, closes_at, checkpoint_count, checkpoints } = state.hunt;
    const count = checkpoint_count ?? checkpoints?.length ?? 0;
    add(number(count), count === 1 ? "checkpoint" : "checkpoints");
    const [opens, closes] = [Date.parse(opens_at) - now(), Date.parse(closes_at) - now()];
    if (opens > 0) add(span(opens), "until it opens");
    else if (closes > 0) add(span(closes), "left");
    else add("Closed", `since ${day(closes_at)}`, "closed");
  }
  const box = byID("facts");
  const text = facts.map((fact) => fact.textContent).join();
  if (box.dataset.text === text) return;
  box.dataset.text = text;
  box.replaceChildren(...facts);
}

// MARK: Announcements

const spoken = { at: 0, leader: undefined };

function announce(text) {
  spoken.at = Date.now();
  byID("announcer").textContent = text;
}

/** Only what somebody who cannot see the board would ask for, and not more often than they can listen. */
function announceNews() {
  const leader = state.entries[0]?.player;
  if (spoken.leader === undefined || !leader) {
    spoken.leader = leader;
    return;
  }
  if (leader === spoken.leader || Date.now() - spoken.at < 15000) return;
  spoken.leader = leader;
  announce(`${leader} takes the lead with ${plural(state.entries[0].score, "point")}.`);
}

// MARK: Rows

/** By player: the row, what it shows, and what runs on it. */
const rows = new Map();
let isExpanded = false;
let renderTimer = 0;
let renderedAt = 0;

/** Something changed: the board is drawn soon, and not more often than eyes can follow. */
function changed() {
  if (renderTimer) return;
  renderTimer = setTimeout(render, Math.max(0, renderedAt + RENDER_MS - Date.now()));
}

/** How many players are shown, and in how many lines below the first three. */
function layout(count) {
  const list = byID("players");
  const rem = parseFloat(getComputedStyle(document.documentElement).fontSize);
  if (!wide.matches) return { shown: isExpanded ? count : Math.min(count, SHORT), lines: count };
  if (isExpanded) return { shown: count, lines: Math.max(1, Math.ceil((count - 3) / 2)) };
  const below = innerHeight - (list.getBoundingClientRect().top + scrollY) - 8.2 * rem - (byID("pin").hidden ? 0 : 4.2 * rem) - (count > SHORT ? 4.4 : 1.4) * rem;
  const fitting = Math.max(4, Math.floor(below / (3.65 * rem)));
  const lines = Math.min(fitting, Math.max(1, Math.ceil((count - 3) / 2)));
  return { shown: Math.min(count, 3 + 2 * lines), lines };
}

function render() {
  renderTimer = 0;
  renderedAt = Date.now();
  const list = byID("players");
  const isFirst = list.getAttribute("aria-busy") === "true";
  const { shown, lines } = layout(state.entries.length);
  const entries = state.entries.slice(0, shown);
  const moves = !isFirst && !still.matches && !document.hidden;
  const before = moves ? places(list) : null;
  const focused = list.contains(document.activeElement) ? document.activeElement : null;

  if (isFirst) {
    list.replaceChildren();
    list.setAttribute("aria-busy", "false");
  }
  const kept = new Set(entries.map((entry) => entry.player));
  for (const [player, row] of rows) {
    if (kept.has(player)) continue;
    row.element.remove();
    rows.delete(player);
  }
  entries.forEach((entry, index) => {
    const row = rows.get(entry.player) || newRow(entry);
    if (list.children[index] !== row.element) list.insertBefore(row.element, list.children[index] || null);
    placeRow(row.element, index, lines);
    fillRow(row, entry, moves);
  });
  if (focused && document.activeElement !== focused && list.contains(focused)) focused.focus({ preventScroll: true });
  if (before) glide(list, before);
  showRest(shown);
  showEmptiness();
  showSuggestions();
  showFacts();
  showPin();
  if (!isFirst) announceNews();
  else spoken.leader = state.entries[0]?.player;
}

function placeRow(element, index, lines) {
  const [row, column] = index < 3 ? [1, [1, 9, 15][index]] : [2 + ((index - 3) % lines), 1 + 10 * Math.floor((index - 3) / lines)];
  element.dataset.place = index + 1;
  element.style.setProperty("--row", row);
  element.style.setProperty("--column", column);
}

function newRow({ player }) {
  const element = byID("player-row").content.firstElementChild.cloneNode(true);
  const part = (name) => element.querySelector(`[data-part="${name}"]`);
  element.dataset.player = player;
  const row = {
    element, rank: part("rank"), name: part("name"), unlocks: part("unlocks"), score: part("score"),
    gain: part("gain"), move: part("move"), medal: element.querySelector(".medal"), entry: null, count: 0, timers: {},
  };
  row.name.textContent = player;
  element.firstElementChild.addEventListener("click", () => sheet.open(player));
  rows.set(player, row);
  return row;
}

function fillRow(row, entry, isAnimated) {
  const old = row.entry;
  row.entry = entry;
  row.element.dataset.rank = entry.rank;
  row.element.dataset.score = entry.score;
  row.element.classList.toggle("is-pinned", entry.player === state.pinned);
  const best = state.entries[0]?.score || 1;
  row.element.firstElementChild.style.setProperty("--part", (entry.score / best).toFixed(3));
  setText(row.unlocks, plural(entry.unlocks, "checkpoint"));
  showRank(row.medal, row.rank, entry.rank);
  if (!old || !isAnimated) return setText(row.score, number(entry.score));
  if (old.rank !== entry.rank) showMove(row, old.rank - entry.rank);
  if (old.score === entry.score) return;
  countUp(row, old.score, entry.score);
  if (entry.score > old.score) showGain(row, entry.score - old.score);
}

function showRank(medal, text, rank) {
  setText(text, rank === null || rank === undefined ? "–" : number(rank));
  if (rank >= 1 && rank <= 3) medal.dataset.medal = rank;
  else delete medal.dataset.medal;
}

function later(row, name, ms, body) {
  clearTimeout(row.timers[name]);
  row.timers[name] = setTimeout(body, ms);
}

function showMove(row, places) {
  row.move.textContent = `${places > 0 ? "▲" : "▼"} ${Math.abs(places)}`;
  row.move.className = `move ${places > 0 ? "is-up" : "is-down"}`;
  later(row, "move", 6000, () => (row.move.className = "move"));
}

function showGain(row, points) {
  row.gain.textContent = `+${number(points)}`;
  row.gain.animate(
    [{ opacity: 0, transform: "translateY(0.7rem)" }, { opacity: 1, transform: "none", offset: 0.15 }, { opacity: 1, offset: 0.75 }, { opacity: 0, transform: "translateY(-0.3rem)" }],
    { duration: 2600, easing: "ease-out" });
  row.element.classList.add("has-gained");
  later(row, "gain", 1200, () => row.element.classList.remove("has-gained"));
}

function countUp(row, from, to) {
  const begin = performance.now();
  const run = ++row.count;
  const step = (at) => {
    if (run !== row.count) return;
    const part = Math.min(1, (at - begin) / 700);
    setText(row.score, number(Math.round(from + (to - from) * (1 - (1 - part) ** 3))));
    if (part < 1) requestAnimationFrame(step);
  };
  requestAnimationFrame(step);
}

/** Where the rows are seen, in the middle of a glide too, relative to the list. */
function places(list) {
  const origin = list.getBoundingClientRect();
  const found = new Map();
  for (const [player, row] of rows) {
    const { left, top } = row.element.getBoundingClientRect();
    found.set(player, { left: left - origin.left, top: top - origin.top });
  }
  return found;
}

/** Lets rows glide from where they were seen to where they are now. */
function glide(list, before) {
  for (const row of rows.values()) for (const animation of row.element.getAnimations()) animation.cancel();
  const after = places(list);
  for (const [player, row] of rows) {
    const [from, to] = [before.get(player), after.get(player)];
    if (!from) {
      row.element.animate([{ opacity: 0, transform: "translateY(1.2rem)" }, { opacity: 1, transform: "none" }], { duration: 450, easing: "ease-out" });
      continue;
    }
    const [x, y] = [from.left - to.left, from.top - to.top];
    if (Math.abs(x) + Math.abs(y) < 1) continue;
    row.element.style.zIndex = y > 0 || x > 0 ? 3 : 1;
    const animation = row.element.animate([{ transform: `translate(${x}px, ${y}px)` }, { transform: "none" }], { duration: 700, easing: "cubic-bezier(0.22, 0.9, 0.26, 1)" });
    animation.onfinish = () => (row.element.style.zIndex = "");
  }
}

function showRest(shown) {
  const button = byID("more");
  const more = isExpanded ? state.entries.length > SHORT : state.entries.length > shown;
  button.hidden = !more;
  setText(button, isExpanded ? "Show fewer" : `Show the first ${number(state.entries.length)}`);
  button.setAttribute("aria-expanded", isExpanded);
}

function showNotice(title, text) {
  const notice = byID("notice");
  notice.hidden = !title;
  if (!title || notice.dataset.title === title + text) return;
  notice.dataset.title = title + text;
  notice.replaceChildren(make("b", { text: title }), text);
}

function showEmptiness() {
  if (state.isGone) return;
  if (state.entries.length) return showNotice("");
  const isClosed = state.hunt && Date.parse(state.hunt.closes_at) < now();
  showNotice(isClosed ? "Nobody found a checkpoint" : "Nobody is on the board yet", isClosed ? "" : "The first player to find a checkpoint appears here at once.");
}

function showSuggestions() {
  const text = state.entries.map((entry) => entry.player).sort().join(" ");
  const box = byID("suggestions");
  if (box.dataset.text === text) return;
  box.dataset.text = text;
  box.replaceChildren(...state.entries.map((entry) => make("option", { attributes: { value: entry.player } })));
}

// MARK: Sheet of a player

const sheet = {
  box: byID("sheet"),
  player: null,
  version: null,
  shownVersion: null,
  why: null,
  opener: null,
  timer: 0,

  async open(player) {
    if (!this.box.open) this.opener = document.activeElement;
    Object.assign(this, { player, version: null, shownVersion: null, why: null });
    setText(byID("sheet-name"), player);
    const known = state.entries.find((entry) => entry.player === player);
    showRank(byID("sheet-rank"), byID("sheet-rank"), known?.rank);
    byID("sheet-body").replaceChildren(make("p", { text: "Looking …" }));
    if (!this.box.open) wide.matches ? this.box.show() : this.box.showModal();
    this.box.scrollTop = 0;
    byID("sheet-name").focus();
    changed();
    await this.refresh();
  },

  close() {
    clearTimeout(this.timer);
    if (!this.box.open) return;
    this.player = null;
    this.box.close();
    changed();
    if (this.opener?.isConnected) this.opener.focus({ preventScroll: true });
  },

  /** Again while it is open and the board moves. */
  async refresh() {
    clearTimeout(this.timer);
    const { player } = this;
    const slug = state.slug;
    if (!player) return;
    let wait = 4000;
    try {
      if (this.shownVersion === null || this.shownVersion !== state.stamp?.version) {
        const shownVersion = state.stamp?.version;
        const path = playerPath(slug, player);
        const value = await ask(path);
        const near = value.rank === null ? null : await ask(`${path}/around?radius=3`);
        if (this.version !== value.player_version) this.why = await ask(`${path}/why`).catch((fault) => ({ fault }));
        if (player !== this.player || slug !== state.slug) return;
        this.version = this.why.fault ? null : value.player_version;
        this.shownVersion = shownVersion;
        this.fill(value, near);
      }
    } catch (fault) {
      if (player !== this.player || slug !== state.slug) return;
      this.fail(fault);
      if (fault.status === 404) return;
      wait = Math.max(8000, fault.retryAfterMs || 0);
    }
    this.timer = setTimeout(() => this.refresh(), wait);
  },

  fail(fault) {
    const text = fault.status === 404 ? "No player of this hunt is called that. Upper and lower case matter." : fault.status ? fault.message : "The server cannot be reached. Trying again.";
    if (this.shownVersion === null || fault.status === 404) byID("sheet-body").replaceChildren(make("p", { text, attributes: { role: "alert" } }));
  },

  fill(value, near) {
    const body = byID("sheet-body");
    const focused = body.contains(document.activeElement) ? document.activeElement.dataset.key : null;
    showRank(byID("sheet-rank"), byID("sheet-rank"), value.rank);
    const figure = (name, text, rest) => make("div", {}, make("dt", { text: name }), make("dd", { text }, make("small", { text: rest })));
    const total = state.hunt?.checkpoint_count ?? state.hunt?.checkpoints?.length;
    const isPinned = state.pinned === this.player;
    body.replaceChildren(
      make("dl", { className: "figures" },
        figure("Rank", value.rank === null ? "–" : number(value.rank), `of ${number(value.players)}`),
        figure("Points", number(value.score), value.reached_at ? `at ${time(value.reached_at)}` : "none yet"),
        figure("Checkpoints", number(value.unlocks), total ? `of ${number(total)}` : "")),
      make("button", {
        text: isPinned ? "Pinned to the board" : "Pin to the board", className: "action",
        attributes: { type: "button", "aria-pressed": isPinned, "data-key": "pin" },
        on: () => { pin(state.pinned === this.player ? null : this.player); this.shownVersion = null; this.refresh(); },
      }),
      ...neighbours(near, this.player), ...explanation(this.why));
    if (focused) body.querySelector(`[data-key="${CSS.escape(focused)}"]`)?.focus({ preventScroll: true });
  },
};

function section(title, className, items) {
  if (!items.length) return [];
  return [make("h3", { text: title }), make("ul", { className }, ...items)];
}

function neighbours(near, player) {
  if (!near || near.entries.length < 2) return [];
  return section("Neighbours", "lines is-near", near.entries.map((entry) =>
    make("li", { attributes: entry.player === player ? { "aria-current": "true" } : {} },
      make("button", { attributes: { type: "button", "data-key": `near ${entry.player}` }, on: () => sheet.open(entry.player) },
        make("span", { text: number(entry.rank), className: "place" }), make("span", { text: entry.player }), make("span", { text: number(entry.score) })))));
}

const checkpointName = (id) => state.hunt?.checkpoints?.find((checkpoint) => checkpoint.id === id)?.title || id;
const names = (ids) => ids.map(checkpointName).join(", ");

function line(name, worth, text, isOpen) {
  const item = make("li", {}, make("b", { text: name }), make("span", { text: worth, className: `worth${isOpen ? " is-open" : ""}` }));
  if (text) item.append(make("small", { text }));
  return item;
}

/** Why the score is what it is. */
function explanation(why) {
  if (!why) return [];
  if (why.fault) return [make("h3", { text: "Why" }), make("p", { text: `Not known now: ${why.fault.message}`, className: "fault" })];
  const counted = (why.contributions || []).map((part) => {
    const waited = part.at !== part.scanned_at ? `, counts since ${time(part.at)}` : "";
    return line(checkpointName(part.checkpoint), `+${number(part.points)}`, `scanned at ${time(part.scanned_at)}${waited}`);
  });
  const trails = (why.trails || []).map((trail) =>
    trail.at ? line(trail.trail, `+${number(trail.bonus)}`, `complete at ${time(trail.at)}`)
      : line(trail.trail, `+${number(trail.bonus)}`, `still missing: ${names(trail.missing)}`, true));
  const waiting = (why.waiting || []).map((part) =>
    line(checkpointName(part.checkpoint), `+${number(part.points)}`, `scanned at ${time(part.scanned_at)}; counts once found: ${names(part.to_scan || part.requires)}`, true));
  return [
    ...section("Checkpoints that count", "lines", counted), ...section("Trails", "lines", trails),
    ...section("Waiting for another checkpoint", "lines", waiting),
  ];
}

// MARK: Pin

/** Keeps a player in sight, and in the address. */
function pin(player) {
  state.pinned = player;
  state.pinnedEntry = null;
  const hash = player ? `#player=${encodeURIComponent(player)}` : "";
  history.replaceState(null, "", location.pathname + location.search + hash);
  showPin();
  refreshPin();
  changed();
}

const pinnedInAddress = () => new URLSearchParams(location.hash.slice(1).replaceAll("+", "%2B")).get("player");

let pinTimer = 0;
let pinVersion = null;

/** A pinned player among the first comes with the stream; of another one the server is asked while the board moves. */
async function refreshPin() {
  clearTimeout(pinTimer);
  const { pinned, slug } = state;
  if (!pinned) return;
  let wait = 4000 + Math.random() * 2000;
  if (!state.entries.some((entry) => entry.player === pinned) && (!state.pinnedEntry || pinVersion !== state.stamp?.version)) {
    try {
      const version = state.stamp?.version;
      const value = await ask(playerPath(slug, pinned));
      if (pinned !== state.pinned || slug !== state.slug) return;
      state.pinnedEntry = value;
      pinVersion = version;
    } catch (fault) {
      if (pinned !== state.pinned || slug !== state.slug) return;
      if (fault.status === 404) state.pinnedEntry = { rank: null, score: 0, unknown: true };
      wait = Math.max(10000, fault.retryAfterMs || 0);
    }
    showPin();
  }
  pinTimer = setTimeout(refreshPin, wait);
}

function showPin() {
  const bar = byID("pin");
  const { pinned } = state;
  bar.hidden = !pinned;
  if (!pinned) return;
  const entry = state.entries.find((entry) => entry.player === pinned) || state.pinnedEntry;
  setText(byID("pin-name"), pinned);
  showRank(byID("pin-rank"), byID("pin-rank"), entry?.rank);
  setText(byID("pin-score"), entry && !entry.unknown ? number(entry.score) : "");
  const above = entry ? state.entries.findIndex((other) => other.player === pinned) - 1 : -1;
  let text = "";
  if (entry?.unknown) text = "not in this hunt yet";
  else if (entry && entry.rank === null) text = "no checkpoint counts yet";
  else if (above >= 0) text = `${number(state.entries[above].score - entry.score)} behind ${state.entries[above].player}`;
  else if (entry?.rank) text = entry.rank === 1 ? "in the lead" : `of ${plural(state.players, "player")}`;
  setText(byID("pin-text"), text);
}

// MARK: Hunts

async function refreshHunt() {
  const { slug } = state;
  try {
    const hunt = await ask(huntPath(slug));
    if (slug !== state.slug) return;
    state.hunt = hunt;
    const title = hunt.title || hunt.hunt;
    setText(byID("title"), title);
    document.title = `${title} · live board`;
    showFacts();
  } catch (fault) {
    if (slug !== state.slug) return;
    if (fault.status === 404) return huntIsGone();
    setTimeout(() => slug === state.slug && refreshHunt(), Math.max(pause(2), fault.retryAfterMs || 0));
  }
}

function huntIsGone() {
  state.isGone = true;
  state.entries = [];
  byID("players").setAttribute("aria-busy", "false");
  byID("players").replaceChildren();
  rows.clear();
  byID("more").hidden = true;
  showNotice("This hunt is not here", `The server knows no hunt “${state.slug}”. It may have been deleted, or the address is misspelt.`);
}

function choose(slug) {
  if (slug === state.slug) return;
  stream.stop();
  poll.stop();
  sheet.close();
  Object.assign(stream, { lastID: null, failures: 0, lostAt: 0 });
  Object.assign(state, { slug, hunt: null, stamp: null, rulesVersion: null, players: 0, entries: [], isConnected: false, isGone: false, pinnedEntry: null });
  spoken.leader = undefined;
  rows.clear();
  showNotice("");
  byID("hunts").value = slug;
  byID("title").textContent = state.hunts.find((hunt) => hunt.hunt === slug)?.title || slug;
  const list = byID("players");
  list.setAttribute("aria-busy", "true");
  list.replaceChildren(...Array.from({ length: 9 }, () => make("li", { className: "ghost", attributes: { "aria-hidden": "true" } })));
  showFreshness();
  refreshHunt();
  stream.start();
  refreshPin();
}

function showHunts() {
  const known = state.hunts.some((hunt) => hunt.hunt === state.slug);
  byID("choice").hidden = state.hunts.length < 2 && (known || state.hunts.length === 0);
  byID("hunts").replaceChildren(
    ...(known || !state.slug ? [] : [make("option", { text: state.slug, attributes: { value: state.slug } })]),
    ...state.hunts.map((hunt) => make("option", { text: hunt.title || hunt.hunt, attributes: { value: hunt.hunt } })));
  if (state.slug) byID("hunts").value = state.slug;
}

/** The hunt that is open now and was opened last, else the one that closed last. */
function likeliest(hunts) {
  const at = now();
  const open = hunts.filter((hunt) => Date.parse(hunt.opens_at) <= at && at < Date.parse(hunt.closes_at));
  const best = (list, field) => list.reduce((best, hunt) => (!best || hunt[field] > best[field] ? hunt : best), null);
  return best(open, "opens_at") || best(hunts.filter((hunt) => Date.parse(hunt.closes_at) <= at), "closes_at") || hunts[0];
}

let listFailures = 0;

async function begin() {
  const wanted = new URLSearchParams(location.search).get("hunt");
  if (wanted) choose(wanted);
  try {
    state.hunts = (await ask("/v1/hunts")).hunts;
    listFailures = 0;
    if (!state.slug && state.hunts.length) choose(likeliest(state.hunts).hunt);
    showHunts();
    if (state.slug) return;
    showNotice("No hunt yet", "As soon as one is imported, its board appears here.");
    setTimeout(begin, 5000);
  } catch (fault) {
    listFailures += 1;
    if (!state.slug) showNotice("The board is not ready yet", fault.status ? fault.message : "The server cannot be reached. Trying again.");
    setTimeout(begin, Math.max(pause(listFailures), fault.retryAfterMs || 0));
  }
}

// MARK: Hands

byID("search").addEventListener("submit", (event) => {
  event.preventDefault();
  const player = byID("query").value.trim();
  if (player && state.slug) sheet.open(player);
});
byID("hunts").addEventListener("change", (event) => {
  const url = new URL(location.href);
  url.searchParams.set("hunt", event.target.value);
  history.pushState(null, "", url);
  choose(event.target.value);
});
byID("more").addEventListener("click", () => {
  isExpanded = !isExpanded;
  render();
});
byID("freshness").addEventListener("toggle", showFreshness);
byID("sheet-close").addEventListener("click", () => sheet.close());
byID("sheet").addEventListener("cancel", (event) => {
  event.preventDefault();
  sheet.close();
});
byID("sheet").addEventListener("click", (event) => {
  if (event.target === byID("sheet")) sheet.close();
});
byID("pin-open").addEventListener("click", () => sheet.open(state.pinned));
byID("pin-remove").addEventListener("click", () => {
  pin(null);
  byID("query").focus();
});
addEventListener("keydown", (event) => {
  const isTyping = event.target.matches?.("input, select, textarea");
  if (event.key === "/" && !isTyping && !event.ctrlKey && !event.metaKey && !event.altKey) {
    event.preventDefault();
    byID("query").focus();
    byID("query").select();
  } else if (event.key === "Escape") {
    if (byID("freshness").open) byID("freshness").open = false;
    else if (byID("sheet").open) sheet.close();
    else if (event.target === byID("query")) byID("query").blur();
  }
});
addEventListener("popstate", () => {
  const wanted = new URLSearchParams(location.search).get("hunt") || likeliest(state.hunts)?.hunt;
  if (wanted) choose(wanted);
});
addEventListener("hashchange", () => {
  if (pinnedInAddress() !== state.pinned) pin(pinnedInAddress());
});
addEventListener("resize", changed);
wide.addEventListener("change", changed);

setInterval(() => {
  stream.watch();
  showFreshness();
  showFacts();
}, 1000);

state.pinned = pinnedInAddress();
begin();
