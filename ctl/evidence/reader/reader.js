"use strict";
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const byId = (id) => document.getElementById(id);
  const records = data.records;
  const STEP = 300;

  /** An element; children are elements or strings, which are always text. */
  function el(name, attributes, ...children) {
    const node = document.createElement(name);
    for (const [key, value] of Object.entries(attributes || {})) {
      if (key === "onclick") node.addEventListener("click", value);
      else if (value !== null && value !== undefined && value !== false) node.setAttribute(key, value === true ? "" : value);
    }
    for (const child of children.flat()) if (child !== null && child !== undefined) node.append(child);
    return node;
  }
  const plural = (n, one, many) => `${n.toLocaleString("en-GB")} ${n === 1 ? one : many}`;
  const clock = (time) => time.slice(11, 19);
  const day = (time) => new Date(time).toLocaleDateString("en-GB", {weekday: "long", day: "numeric", month: "long", year: "numeric", timeZone: "UTC"});
  const whoIs = (r) => !r.sender ? "Registrar" : r.sender.role === "bot" ? "Compliance bot" : r.sender.name || r.sender.person || r.sender.device.slice(0, 12);
  const groupName = (r) => r.group_title || `Group ${r.group.slice(0, 8)}`;
  const worst = (r) => r.findings.some((f) => f.severity === "block") ? "block" : r.findings.some((f) => f.severity === "warn") ? "warn" : r.findings.length ? "notice" : "";
  const byMessage = new Map(records.filter((r) => r.message_id && r.content).map((r) => [r.message_id, r]));

  // ---- the words of a record, with findings and search hits marked ----------------------------
  function spoken(r) {
    if (!r.content) return r.step ? r.step.argument : r.change || "";
    return [r.content.text || "", ...r.content.options].join("\n");
  }
  function hitsOf(text, wanted) {
    const hits = [];
    if (!wanted) return hits;
    const low = text.toLowerCase();
    if (low.length !== text.length) return hits;  // folding moved the letters: no marks then
    for (let at = low.indexOf(wanted); at >= 0; at = low.indexOf(wanted, at + wanted.length)) hits.push([at, at + wanted.length]);
    return hits;
  }
  /** Byte offsets of UTF-8 as indices into the string. */
  function spansOf(text, findings) {
    const bytes = new TextEncoder().encode(text);
    const decoder = new TextDecoder();
    const at = (offset) => decoder.decode(bytes.subarray(0, Math.min(offset, bytes.length))).length;
    return findings.filter((f) => f.end > f.start).map((f) => ({...f, from: at(f.start), to: at(f.end)}));
  }
  function marked(text, findings, wanted) {
    const spans = spansOf(text, findings);
    const hits = hitsOf(text, wanted);
    const borders = new Set([0, text.length]);
    for (const s of spans) { borders.add(s.from); borders.add(s.to); }
    for (const [from, to] of hits) { borders.add(from); borders.add(to); }
    const cuts = [...borders].sort((a, b) => a - b);
    const out = [];
    for (let i = 0; i + 1 < cuts.length; ++i) {
      const [from, to] = [cuts[i], cuts[i + 1]];
      let node = text.slice(from, to);
      if (hits.some(([a, b]) => a <= from && to <= b)) node = el("mark", {class: "hit"}, node);
      const over = spans.filter((s) => s.from <= from && to <= s.to);
      if (over.length) {
        const severity = over.some((s) => s.severity === "block") ? "block" : over.some((s) => s.severity === "warn") ? "warn" : "notice";
        node = el("mark", {class: severity, title: over.map((s) => `${s.category}: ${s.rule}${s.standard ? ` (${s.standard})` : ""}`).join("\n")}, node);
      }
      out.push(node);
    }
    return out;
  }
  function quoted(id) {
    const about = byMessage.get(id);
    if (!about) return `message ${id.slice(0, 8)} (not among these records)`;
    const text = spoken(about);
    return `“${text.length > 80 ? text.slice(0, 80) + "…" : text}” by ${whoIs(about)}`;
  }
  function words(r, wanted) {
    const c = r.content;
    const act = (text) => el("span", {class: "act"}, text);
    if (r.roster) return el("p", {class: "words"}, act(`The group has ${plural(r.roster.members.length, "member", "members")} from epoch ${r.roster.epoch} on`));
    if (r.step) return el("p", {class: "words"}, act(`Alert: ${r.step.action} `), ...marked(r.step.argument, [], wanted));
    if (!c) return el("p", {class: "words"}, act(r.change ? "Change of the group" : "The content could not be read"));
    const text = c.text === null ? [] : marked(spoken(r), r.findings, wanted);
    switch (c.type) {
      case "reaction": return el("p", {class: "words"}, act("Reacted "), ...text, act(` to ${quoted(c.about)}`));
      case "edit": return el("p", {class: "words"}, act(`Edited ${quoted(c.about)} to:\n`), ...text);
      case "deletion": return el("p", {class: "words"}, act(`Deleted for everyone: ${quoted(c.about)}`));
      case "vote": return el("p", {class: "words"}, act(`Voted for option ${c.option + 1} of ${quoted(c.about)}`));
      case "poll": return el("p", {class: "words"}, act("Poll: "), ...text);
      default: return el("p", {class: "words"}, c.about ? act(`In reply to ${quoted(c.about)}\n`) : null, ...text);
    }
  }
  function tags(r) {
    const out = [];
    if (r.verdict === "warn") out.push(el("span", {class: "tag warn"}, "Warned, not released"));
    if (r.verdict === "block") out.push(el("span", {class: "tag block"}, "Blocked"));
    for (const f of r.findings) out.push(el("span", {class: `tag ${f.severity}`, title: `${f.rule}${f.standard ? ` · ${f.standard}` : ""}`}, f.category));
    if (r.remark) out.push(el("span", {class: "tag"}, {override: "Sent anyway, with a reason", dispute: "Disputed the warning", report: "Reported a message"}[r.remark.type]));
    if (r.replay_of !== null) out.push(el("span", {class: "tag bad"}, `Same message as leaf ${r.replay_of}: replay`));
    if (r.problems.length) out.push(el("span", {class: "tag bad"}, "A check does not hold"));
    return out.length ? el("div", {class: "tags"}, out) : null;
  }
  function card(r, wanted, withGroup) {
    const classes = ["card", worst(r), r.problems.length ? "unsound" : ""].filter(Boolean).join(" ");
    return el("article", {class: classes, tabindex: "-1", id: `leaf-${r.index}`, "data-index": r.index},
      el("div", {class: "meta"}, el("strong", {}, whoIs(r)),
        r.sender && r.sender.unit ? el("span", {}, r.sender.unit) : null,
        el("time", {datetime: r.sender_time, title: `Bot's time ${r.bot_time}`}, withGroup ? `${r.sender_time.slice(0, 10)} ${clock(r.sender_time)}` : clock(r.sender_time)),
        withGroup ? el("span", {}, groupName(r)) : null,
        el("span", {}, r.kind === "message" ? "" : r.kind.replace("_", " ")),
        el("button", {type: "button", onclick: () => showDetail(r), "aria-label": `Everything about the record at leaf ${r.index}`}, `Leaf ${r.index}`)),
      words(r, wanted), tags(r),
      r.remark && r.remark.reason ? el("p", {class: "reason"}, "Reason given: ", ...marked(r.remark.reason, [], wanted)) : null);
  }
  function gap(count) {
    return count > 0 ? el("p", {class: "gap"}, `${plural(count, "entry", "entries")} of the log here that ${count === 1 ? "is" : "are"} not shown: not in the warrant's scope, or set aside. Their places are proven, their contents stay closed.`) : null;
  }
  function missing(r) {
    const out = [];
    if (r.previous_of_group.is === "missing") out.push("A record of this group belongs here and is not in the bundle.");
    if (r.previous_of_sender.is === "missing") out.push("A record by this sender belongs here and is not in the bundle.");
    return out.map((text) => el("p", {class: "gap missing"}, text));
  }

  // ---- filters ---------------------------------------------------------------------------------
  const filters = ["group", "person", "kind", "verdict", "category"];
  const valueOf = {
    group: (r) => [[r.group, groupName(r)]],
    person: (r) => r.sender && r.sender.person ? [[r.sender.person, `${r.sender.name} (${r.sender.person})`]] : [],
    kind: (r) => [[r.kind, r.kind.replace("_", " ")]],
    verdict: (r) => [[r.verdict, r.verdict]],
    category: (r) => r.findings.map((f) => [f.category, f.category]),
  };
  function fillFilters() {
    for (const name of filters) {
      const values = new Map(records.flatMap(valueOf[name]));
      const select = byId(name);
      select.append(el("option", {value: ""}, "All"));
      for (const [value, label] of [...values].sort((a, b) => a[1].localeCompare(b[1]))) select.append(el("option", {value}, label));
    }
  }
  const wantedText = () => byId("search").value.trim().toLowerCase();
  function chosen() {
    const wanted = wantedText();
    return records.filter((r) => filters.every((name) => !byId(name).value || valueOf[name](r).some(([v]) => v === byId(name).value)) &&
      (!byId("flagged").checked || r.findings.length) &&
      (!wanted || `${spoken(r)}\n${whoIs(r)}\n${r.remark ? r.remark.reason : ""}\n${r.record} ${r.message_id} ${r.index}`.toLowerCase().includes(wanted)));
  }
  const filtered = () => wantedText() || byId("flagged").checked || filters.some((name) => byId(name).value);

  // ---- views -----------------------------------------------------------------------------------
  let more = null;  // renders the rest of a long list, a step at a time
  const watcher = new IntersectionObserver((seen) => { if (seen.some((s) => s.isIntersecting) && more) more(STEP); });
  function listOf(items, render) {
    const box = el("div");
    const end = el("p", {class: "more"}, "…");
    let done = 0;
    more = (count) => {
      const part = document.createDocumentFragment();
      for (const stop = Math.min(items.length, done + count); done < stop; ++done) part.append(...render(items[done], items[done - 1]).filter(Boolean));
      box.append(part);
      if (done >= items.length) { watcher.disconnect(); end.remove(); more = null; }
    };
    more(STEP);
    if (more) watcher.observe(end);
    return done < items.length ? [box, end] : [box];
  }
  function conversation() {
    const wanted = wantedText();
    const items = chosen();
    const order = new Map();
    for (const r of items) { if (!order.has(r.group)) order.set(r.group, []); order.get(r.group).push(r); }
    const all = [...order.values()].flat();
    return listOf(all, (r, before) => {
      const first = !before || before.group !== r.group;
      const newDay = first || before.sender_time.slice(0, 10) !== r.sender_time.slice(0, 10);
      return [first ? el("h2", {class: "group-title"}, groupName(r)) : null,
        newDay ? el("p", {class: "day"}, day(r.sender_time)) : null, ...missing(r),
        r.previous_of_group.is === "opaque" || r.previous_of_group.is === "set_aside" ? el("p", {class: "gap"}, `The record before this one in the group (leaf ${r.previous_of_group.index}) is not shown.`) : null,
        card(r, wanted, false)];
    });
  }
  function timeline() {
    const wanted = wantedText();
    const gaps = !filtered();
    const out = listOf(chosen(), (r, before) => [
      gaps ? gap(r.index - (before ? before.index + 1 : data.log.range_first)) : null, ...missing(r), card(r, wanted, true)]);
    const last = records[records.length - 1];
    if (gaps && last) out.push(gap(data.log.range_end - last.index - 1));
    return out;
  }
  function table(heads, rows) {
    return el("table", {}, el("thead", {}, el("tr", {}, heads.map((h) => el("th", {scope: "col"}, h)))), el("tbody", {}, rows));
  }
  function continuity() {
    return [el("h2", {}, "Continuity: who did what, when"), table(["When (UTC)", "Who", "What"], data.continuity.map((s) =>
      el("tr", {}, el("td", {class: "when"}, s.time.slice(0, 19).replace("T", " ")), el("td", {}, s.who), el("td", {}, s.what))))];
  }
  function list(pairs) {
    return el("dl", {}, pairs.flatMap(([name, value]) => value === null || value === undefined || value === "" ? [] : [el("dt", {}, name), el("dd", {}, value)]));
  }
  function authority() {
    const c = data.case;
    const text = (lines) => lines.join("\n");
    return [el("h2", {}, "Warrant"), list([["Case", c.case], ["Legal basis", text(c.legal_basis)], ["Severity", text(c.severity)], ["Purpose", text(c.purpose)],
      ["Necessity", text(c.necessity)], ["Proportionality", text(c.proportionality)], ["Collateral intrusion", text(c.collateral_intrusion)],
      ["Requested by", c.requester], ["Authorised by", c.authoriser], ["Reviewed by", c.reviewer],
      ["Authors in scope", c.scope_authors.map((a) => `${a.person} (device ${a.device.slice(0, 16)}…)`).join("\n")],
      ["Groups in scope", c.scope_groups.map((g) => `${g.title || "Group"} (${g.group})`).join("\n")],
      ["Categories", c.scope_categories.join(", ")], ["Period", `${c.from} up to ${c.until}`], ["Issued", c.issued], ["Expires", c.expires], ["Digest", el("code", {}, c.digest)]]),
      el("h2", {}, "Release"), list([["Certified", data.release.issued], ["Records asked for", String(data.release.requested)], ["Opened", String(data.release.opened)], ["Shown here", String(records.length)],
        ["Set aside", String(data.release.set_aside)], ["Could not be opened", String(data.release.failed)], ["Custodians", data.release.custodians.join(", ")], ["Keeper", data.release.keeper]]),
      el("h2", {}, "People and devices"), table(["Person", "Name", "Role", "Unit", "Device", "Certificate", "Notice acknowledged"], data.people.map((p) =>
        el("tr", {}, [p.person, p.name, p.role, p.unit].map((v) => el("td", {}, v)), el("td", {class: "mono"}, `${p.device.slice(0, 16)}…`), el("td", {}, `leaf ${p.certificate_index}`), el("td", {}, p.acknowledged.map((t) => t.slice(0, 10)).join(", ")))))];
  }
  function checks() {
    return [el("h2", {}, "What was checked"), table(["", "Check", "Result"], data.checks.map((c) =>
      el("tr", {}, el("td", {class: c.passed ? "pass" : "fail"}, c.passed ? "holds" : "FAILS"), el("td", {}, c.what), el("td", {}, c.detail)))),
      el("p", {class: "note"}, "These results were computed when the bundle was written. Check them yourself: VERIFY.md in this folder says how, with candourctl bundle verify or with stock tools."),
      el("h2", {}, "Log"), list([["Origin", data.log.origin], ["Leaves of the range", `${data.log.range_first} to ${data.log.range_end - 1}`], ["Size of the log", String(data.log.size)], ["Root", el("code", {}, data.log.root)]])];
  }
  const views = [["conversation", "Conversation", conversation, true], ["timeline", "Timeline", timeline, true], ["continuity", "Continuity", continuity, false], ["authority", "Warrant and people", authority, false], ["checks", "Checks", checks, false]];
  let current = "conversation";
  function show() {
    watcher.disconnect();
    more = null;
    const [, , render, filterable] = views.find(([id]) => id === current);
    byId("filters").hidden = !filterable;
    byId("filters").style.display = filterable ? "" : "none";
    byId("list").replaceChildren(...render().filter(Boolean));
    byId("count").textContent = `${chosen().length.toLocaleString("en-GB")} of ${plural(records.length, "record", "records")}`;
    for (const tab of byId("tabs").children) tab.setAttribute("aria-selected", String(tab.dataset.view === current));
  }

  // ---- one record in full ----------------------------------------------------------------------
  let cameFrom = null;
  function flat(value) {
    if (value === null) return null;
    if (typeof value !== "object") return String(value);
    if (Array.isArray(value)) return value.length ? value.map(flat).join("\n") : null;
    return Object.entries(value).filter(([, v]) => v !== null && !(Array.isArray(v) && !v.length)).map(([k, v]) => `${k.replaceAll("_", " ")}: ${flat(v)}`).join("\n");
  }
  function showDetail(r) {
    cameFrom = document.activeElement;
    const pane = byId("detail");
    pane.replaceChildren(el("button", {type: "button", onclick: hideDetail}, "Close (Esc)"), el("h2", {}, `Record at leaf ${r.index}`), words(r, ""), tags(r) || "",
      list(Object.entries(r).map(([key, value]) => [key.replaceAll("_", " "), flat(value)])),
      el("p", {class: "sub"}, `Proof: proofs/${String(r.index).padStart(12, "0")}.tlog-proof · sealed record: sealed/${String(r.index).padStart(12, "0")}.sealed`));
    pane.hidden = false;
    pane.querySelector("button").focus();
  }
  function hideDetail() {
    byId("detail").hidden = true;
    if (cameFrom) cameFrom.focus();
  }

  // ---- keys ------------------------------------------------------------------------------------
  function move(by) {
    const cards = [...document.querySelectorAll(".card")];
    if (!cards.length) return;
    let at = cards.findIndex((c) => c.getAttribute("aria-current") === "true");
    if (at >= 0) cards[at].removeAttribute("aria-current");
    at = at < 0 ? 0 : Math.max(0, Math.min(cards.length - 1, at + by));
    cards[at].setAttribute("aria-current", "true");
    cards[at].focus({preventScroll: true});
    cards[at].scrollIntoView({block: "center"});
  }
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") return hideDetail();
    if (event.target.matches("input, select, textarea") || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "/") { event.preventDefault(); byId("search").focus(); }
    if (event.key === "j") move(1);
    if (event.key === "k") move(-1);
    if (event.key === "Enter" && event.target.classList.contains("card")) showDetail(records.find((r) => String(r.index) === event.target.dataset.index));
    const number = Number(event.key);
    if (number >= 1 && number <= views.length) { current = views[number - 1][0]; show(); }
  });

  // ---- page ------------------------------------------------------------------------------------
  const sound = data.checks.every((c) => c.passed);
  document.title = `Evidence, case ${data.case.case}`;
  byId("organisation").textContent = `${data.organisation} · restricted: evidence`;
  byId("title").textContent = `Case ${data.case.case}`;
  byId("subtitle").textContent = `${plural(records.length, "record", "records")} released under warrant, ${data.case.from.slice(0, 10)} to ${data.case.until.slice(0, 10)}`;
  byId("badge").textContent = sound ? "Every check held when written" : "A check failed when written";
  byId("badge").className = sound ? "good" : "bad";
  byId("foot").textContent = "Times are UTC. Marked words are what the organisation's published rules found; a mark is not a judgement. Keys: / search, j and k next and previous record, Enter everything about it, 1 to 5 views.";
  for (const [index, [id, label]] of views.entries()) {
    byId("tabs").append(el("button", {type: "button", role: "tab", "data-view": id, title: `Key ${index + 1}`, onclick: () => { current = id; show(); }}, label));
  }
  fillFilters();
  byId("filters").addEventListener("input", show);
  byId("filters").addEventListener("submit", (event) => event.preventDefault());
  byId("theme").addEventListener("click", () => {
    const dark = document.documentElement.dataset.theme ? document.documentElement.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
    document.documentElement.dataset.theme = dark ? "light" : "dark";
  });
  byId("print").addEventListener("click", () => print());
  addEventListener("beforeprint", () => { if (more) more(records.length); });
  show();
})();
