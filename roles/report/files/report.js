// The tables of mailboxes and folders: only what is looked at is made. What is chosen stands in the address, so that a
// view can be passed on: #mailboxes.sort=-octets&mailboxes.state=failed&folders.q=inbox&folders.page=2
"use strict";
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const { names, states } = data;
  const lower = names.map((name) => name.toLowerCase());
  const PAGE = 50;
  const PRINTED = { mailboxes: 1000, folders: 200 };
  const UNITS = ["kB", "MB", "GB", "TB"];
  const written = new Intl.NumberFormat("en-US");

  function size(octets) {
    if (octets === null) return "unknown";
    if (octets < 1000) return octets === 1 ? "1 byte" : `${octets} bytes`;
    let value = octets;
    let unit = "";
    for (unit of UNITS) {
      value /= 1000;
      if (value < 999.95) break;
    }
    return `${value.toLocaleString("en-US", { minimumFractionDigits: 1, maximumFractionDigits: 1 })} ${unit}`;
  }

  function clock(zone) {
    const options = { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit", hourCycle: "h23" };
    try {
      return new Intl.DateTimeFormat("en-GB", { ...options, timeZone: zone });
    } catch {
      return new Intl.DateTimeFormat("en-GB", { ...options, timeZone: "UTC" });
    }
  }
  const times = clock(data.zone);

  // The places of names in the order of the alphabet, so that rows are sorted by numbers.
  function ranks() {
    const collator = new Intl.Collator("en", { numeric: true, sensitivity: "base" });
    const order = names.map((name, place) => place).sort((a, b) => collator.compare(names[a], names[b]));
    const found = new Int32Array(names.length);
    order.forEach((place, rank) => { found[place] = rank; });
    return found;
  }
  let known = null;
  const rank = (place) => (known ??= ranks())[place];

  function make(tag, properties = {}, ...children) {
    const element = Object.assign(document.createElement(tag), properties);
    element.append(...children);
    return element;
  }
  const isolated = (text) => make("bdi", {}, text);
  const number = (title, key, at) => ({ title, key, numeric: true, value: (row) => row[at], show: (row) => written.format(row[at]) });
  const octets = (at) => ({ title: "Size", key: "octets", numeric: true, value: (row) => row[at] ?? -1, show: (row) => size(row[at]) });
  const open = (at) => ({ ...number("Not here", "open", at), style: (row) => (row[at] ? "num open" : "num") });
  const mailboxOf = (row) => data.mailboxes[row[0]];

  const TABLES = {
    mailboxes: {
      rows: data.mailboxes,
      state: (row) => states[row[2]],
      texts: (row) => [row[0], row[1], row[11]],
      columns: [
        { title: "Mailbox", key: "mailbox", value: (row) => rank(row[0]), show: folderLink },
        { title: "State", key: "state", value: (row) => row[2], show: stateOf },
        number("Messages", "messages", 3), number("Here", "here", 4), octets(5), open(6),
        number("Left out", "excluded", 7), number("Archived", "archived", 8),
        { title: "Proof", key: "verified", value: (row) => rank(row[9]), show: (row) => pill(names[row[9]], names[row[9]].toUpperCase()) },
        { title: "Last", key: "last", style: () => "num", value: (row) => row[10] ?? 0, show: (row) => (row[10] === null ? "never" : times.format(row[10] * 1000)) },
      ],
    },
    folders: {
      rows: data.folders,
      state: (row) => states[mailboxOf(row)[2]],
      texts: (row) => [mailboxOf(row)[0], row[1], ...(row[2] < 0 ? [] : [row[2]])],
      columns: [
        { title: "Mailbox", key: "mailbox", value: (row) => rank(mailboxOf(row)[0]), show: (row) => isolated(names[mailboxOf(row)[0]]) },
        { title: "Folder", key: "folder", value: (row) => rank(row[1]), show: (row) => isolated(names[row[1]]) },
        { title: "Goes to", key: "destination", value: (row) => rank(row[2] < 0 ? row[1] : row[2]), show: destination },
        number("Messages", "messages", 3), number("Here", "here", 4), octets(5), open(6),
        number("Left out", "excluded", 7), number("Archived", "archived", 8),
      ],
    },
  };

  function pill(style, text) {
    return text ? make("span", { className: `pill ${style}` }, text) : "";
  }
  function stateOf(row) {
    const shown = pill(states[row[2]], states[row[2]]);
    shown.title = names[row[11]];
    return shown;
  }
  function destination(row) {
    if (row[9] >= 0) return make("em", { className: "muted" }, `left out: ${names[row[9]]}`);
    return row[2] < 0 ? make("span", { className: "muted" }, "same name") : isolated(names[row[2]]);
  }
  function folderLink(row) {
    const button = make("button", { type: "button", className: "link", title: "Show its folders" }, isolated(names[row[0]]));
    button.addEventListener("click", () => {
      views.folders.choose({ q: names[row[0]], state: "", page: 1 });
      document.getElementById("folders").scrollIntoView();
    });
    return button;
  }

  class View {
    constructor(name) {
      this.name = name;
      this.table = TABLES[name];
      this.section = document.getElementById(name);
      this.body = this.section.querySelector("tbody");
      this.chosen = { q: "", state: "", sort: "", page: 1 };
      this.page = PAGE;
      this.makeTools();
      this.makeHead();
    }

    makeTools() {
      const label = `Find in ${this.name}`;
      this.input = make("input", { type: "search", placeholder: label, ariaLabel: label });
      this.select = make("select", { ariaLabel: `State of ${this.name}` }, new Option("Every state", ""), ...states.map((state) => new Option(state, state)));
      this.back = make("button", { type: "button" }, "Back");
      this.forth = make("button", { type: "button" }, "Next");
      this.shown = make("span", { className: "shown", role: "status" });
      this.section.querySelector(".tools").append(this.input, this.select, this.shown, this.back, this.forth);
      this.input.addEventListener("input", () => this.choose({ q: this.input.value, page: 1 }));
      this.select.addEventListener("change", () => this.choose({ state: this.select.value, page: 1 }));
      this.back.addEventListener("click", () => this.choose({ page: this.chosen.page - 1 }));
      this.forth.addEventListener("click", () => this.choose({ page: this.chosen.page + 1 }));
    }

    makeHead() {
      const cells = this.table.columns.map((column) => {
        const button = make("button", { type: "button" }, column.title);
        button.addEventListener("click", () => this.choose({ sort: this.nextSort(column), page: 1 }));
        const head = make("th", { scope: "col", className: column.numeric ? "num" : "" }, button);
        head.dataset.title = column.title;
        return head;
      });
      this.heads = cells;
      this.section.querySelector("thead").replaceChildren(make("tr", {}, ...cells));
    }

    // Numbers are wanted from the largest on, names from the first on; a third time as they were.
    nextSort(column) {
      const first = column.numeric ? `-${column.key}` : column.key;
      const second = column.numeric ? column.key : `-${column.key}`;
      return { [first]: second, [second]: "" }[this.chosen.sort] ?? first;
    }

    choose(change) {
      Object.assign(this.chosen, change);
      this.show();
      remember();
    }

    wanted() {
      const query = this.chosen.q.trim().toLowerCase();
      const { state, texts } = this.table;
      let rows = this.table.rows;
      if (this.chosen.state) rows = rows.filter((row) => state(row) === this.chosen.state);
      if (query) {
        const hits = lower.map((name) => name.includes(query));
        rows = rows.filter((row) => texts(row).some((place) => hits[place]));
      }
      return this.sorted(rows);
    }

    sorted(rows) {
      const down = this.chosen.sort.startsWith("-");
      const column = this.table.columns.find((each) => each.key === this.chosen.sort.replace("-", ""));
      if (!column) return rows;
      const sign = down ? -1 : 1;
      return [...rows].sort((a, b) => sign * (column.value(a) - column.value(b)));
    }

    show() {
      const rows = this.wanted();
      const last = Math.max(1, Math.ceil(rows.length / this.page));
      this.chosen.page = Math.min(Math.max(1, this.chosen.page), last);
      const from = (this.chosen.page - 1) * this.page;
      const part = rows.slice(from, from + this.page);
      this.body.replaceChildren(...part.map((row) => this.row(row)));
      const range = rows.length ? `${written.format(from + 1)}–${written.format(from + part.length)} of ` : "";
      this.shown.textContent = `${range}${written.format(rows.length)}`;
      this.back.disabled = this.chosen.page === 1;
      this.forth.disabled = this.chosen.page === last;
      if (this.input.value !== this.chosen.q) this.input.value = this.chosen.q;
      this.select.value = this.chosen.state;
      this.showSort();
    }

    showSort() {
      const { sort } = this.chosen;
      this.table.columns.forEach((column, place) => {
        const direction = { [column.key]: "ascending", [`-${column.key}`]: "descending" }[sort] ?? "none";
        this.heads[place].setAttribute("aria-sort", direction);
      });
    }

    row(row) {
      return make("tr", {}, ...this.table.columns.map((column) => {
        const style = column.style ? column.style(row) : column.numeric ? "num" : "";
        return make("td", { className: style }, column.show(row));
      }));
    }
  }

  function chosenInAddress() {
    const given = new URLSearchParams(location.hash.includes("=") ? location.hash.slice(1) : "");
    for (const [name, view] of Object.entries(views)) {
      const page = Number.parseInt(given.get(`${name}.page`) ?? "1", 10) || 1;
      const texts = ["q", "state", "sort"].map((key) => [key, given.get(`${name}.${key}`) ?? ""]);
      Object.assign(view.chosen, Object.fromEntries(texts), { page });
      view.show();
    }
  }

  function remember() {
    const kept = new URLSearchParams();
    for (const [name, view] of Object.entries(views)) {
      for (const [key, value] of Object.entries(view.chosen)) {
        if (value && value !== 1) kept.set(`${name}.${key}`, value);
      }
    }
    try {
      history.replaceState(null, "", `#${kept}`);
    } catch {
      // A viewer that gives its pages no address: the view works all the same.
    }
  }

  // What is printed has no pages to turn and nothing to open: whatever somebody has to act on is on paper.
  let opened = [];
  function printing(rows, groups) {
    for (const view of Object.values(views)) {
      view.page = rows[view.name] ?? PAGE;
      view.show();
    }
    for (const group of opened) group.open = false;
    opened = [...groups];
    for (const group of opened) group.open = true;
  }

  const views = { mailboxes: new View("mailboxes"), folders: new View("folders") };
  chosenInAddress();
  addEventListener("hashchange", () => { if (location.hash.includes("=")) chosenInAddress(); });
  addEventListener("beforeprint", () => printing(PRINTED, document.querySelectorAll(".group:has(.remedy):not([open])")));
  addEventListener("afterprint", () => printing({}, []));
})();
