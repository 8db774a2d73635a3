// The two live charts. htmx swaps the numbers; this file only feeds canvases and says when the line is cut.
"use strict";

(() => {
  const css = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const colour = (name) => {
    const probe = document.createElement("span");
    probe.style.color = `var(${name})`;
    document.body.append(probe);
    const seen = getComputedStyle(probe).color;
    probe.remove();
    return seen;
  };
  const DASHES = [[], [8, 4], [2, 3], [10, 3, 2, 3], [5, 5], [12, 4], [1, 4], [6, 2, 1, 2]];
  const charts = [];
  const GAP_S = 20; // the first columns may be fifteen seconds old
  const AGAIN_MS = 2000;
  let windowS = 600;

  // Columns of running sums, highest first: painted in that order, the areas read as a stack. What is not known is a gap.
  const stack = (lines) => {
    const sum = (lines[0] ?? []).map(() => 0);
    return lines.map((line) => line.map((v, i) => (v === null ? null : (sum[i] += v)))).reverse();
  };

  const axes = (unit) => {
    const ink = colour("--muted");
    const line = colour("--line");
    const font = `12px ${css("font-family") || "system-ui, sans-serif"}`;
    const grid = { stroke: line, width: 1 };
    return [
      { stroke: ink, font, grid: { show: false }, ticks: { show: false }, space: 80, size: 28, values: (u, vs) => vs.map(clock) },
      { stroke: ink, font, grid, ticks: { show: false }, size: 52, space: 40, values: (u, vs) => vs.map((v) => v.toLocaleString("en-US")) },
    ];
  };

  // Hours and minutes, UTC; seconds where a tick is not a whole minute.
  const clock = (s) => new Date(s * 1000).toISOString().slice(11, s % 60 ? 19 : 16);

  const series = (chart) => {
    const names = chart.stacked ? [...chart.names].reverse() : chart.names;
    const drawn = names.map((label) => {
      const n = chart.names.indexOf(label);
      const stroke = colour(`--s${(n % 8) + 1}`);
      const fill = chart.stacked ? stroke.replace("rgb(", "rgba(").replace(")", ", 0.45)") : undefined;
      return { label, stroke, fill, width: chart.stacked ? 1 : 2, dash: chart.stacked ? [] : DASHES[n % 8], points: { show: false } };
    });
    if (chart.cap !== null) drawn.push({ label: "envelope", stroke: colour("--bad"), dash: [8, 5], width: 2, points: { show: false } });
    return [{}, ...drawn];
  };

  const data = (chart) => {
    const lines = chart.names.map((name) => chart.lines[name]);
    const columns = chart.stacked ? stack(lines) : lines;
    return chart.cap === null ? [chart.at, ...columns] : [chart.at, ...columns, chart.at.map(() => chart.cap)];
  };

  const draw = (chart) => {
    chart.plot?.destroy();
    const top = (u, low, high) => [0, Math.max(high ?? 0, chart.cap ?? 0, 1) * 1.08];
    chart.plot = new uPlot(
      {
        width: chart.host.clientWidth, height: chart.host.clientHeight, legend: { show: false }, cursor: { y: false, points: { size: 6 } },
        tzDate: (s) => uPlot.tzDate(new Date(s * 1000), "UTC"), padding: [8, 4, 0, 0], axes: axes(chart.unit), series: series(chart),
        bands: chart.stacked ? chart.names.slice(1).map((_, i) => ({ series: [i + 1, i + 2] })) : [],
        scales: { x: { time: true, range: (u, low, high) => [Math.max(high - windowS, Math.min(low, high - 60)), high] }, y: { range: top } },
        hooks: { setCursor: [(u) => tell(chart, u.cursor.idx)] },
      },
      data(chart),
      chart.host,
    );
  };

  // What stands under the pointer, in words.
  const tell = (chart, i) => {
    if (i === null || i === undefined || chart.at[i] === undefined) { chart.host.title = ""; return; }
    const when = new Date(chart.at[i] * 1000).toISOString().slice(11, 19);
    const parts = chart.names.map((n) => `${n} ${chart.lines[n][i]?.toLocaleString("en-US", { maximumFractionDigits: 1 }) ?? "–"} ${chart.unit}`);
    chart.host.title = `${when} UTC: ${parts.join(", ")}`;
  };

  const add = (chart, at, values) => {
    chart.at.push(at);
    chart.names.forEach((n) => chart.lines[n].push(values[n] ?? null));
  };

  // A silence is a gap in the line, not a slope from what was to what is.
  const push = (chart, at, values, cap) => {
    const last = chart.at[chart.at.length - 1];
    if (at <= last) return;
    const fresh = Object.keys(values).filter((n) => !chart.names.includes(n));
    fresh.forEach((n) => { chart.names.push(n); chart.lines[n] = chart.at.map(() => null); });
    if (at - last > GAP_S) add(chart, last + 1, {});
    add(chart, at, values);
    while (chart.at[0] < at - windowS) { chart.at.shift(); chart.names.forEach((n) => chart.lines[n].shift()); }
    if (fresh.length || cap !== chart.cap) { chart.cap = cap; draw(chart); } else chart.plot.setData(data(chart));
    chart.host.dataset.points = String(chart.at.length);
    chart.host.dataset.last = String(at);
  };

  const begin = (id, unit, stacked, at, lines, cap) => {
    const chart = { host: document.getElementById(id), unit, stacked, at: [...at], lines, names: Object.keys(lines), cap };
    charts.push(chart);
    draw(chart);
    new ResizeObserver(() => chart.plot.setSize({ width: chart.host.clientWidth, height: chart.host.clientHeight })).observe(chart.host);
    return chart;
  };

  // Without the last ten minutes the charts begin with what comes.
  const columns = async () => {
    const answer = await fetch("/live/series", { headers: { accept: "application/json" } }).catch(() => null);
    return answer?.ok ? answer.json() : { at: [], tokens: {}, watts: {}, cap: null, window_s: windowS };
  };

  const start = async () => {
    const first = await columns();
    windowS = first.window_s;
    const tokens = begin("chart-tokens", "tok/s", false, first.at, first.tokens, null);
    const watts = begin("chart-watts", "W", true, first.at, first.watts, first.cap);
    const host = document.getElementById("live");
    host.addEventListener("point", (event) => {
      const now = JSON.parse(event.detail.data);
      push(tokens, now.at, now.tokens, null);
      push(watts, now.at, now.watts, now.cap);
    });
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => charts.forEach(draw));
  };

  // The console itself is away: the numbers on the page are old, and say so.
  const lost = () => {
    document.body.classList.add("is-lost");
    const word = document.querySelector(".pulse");
    if (word) word.textContent = "Reconnecting";
  };
  let connected = false;
  document.addEventListener("htmx:sse:error", lost);
  document.addEventListener("htmx:sse:after:connection", () => {
    connected = true;
    document.body.classList.remove("is-lost");
  });

  // A stream that broke is asked for again by the extension; one that never began, by us.
  document.addEventListener("htmx:finally:request", (event) => {
    if (connected || event.target.id !== "live") return;
    lost();
    setTimeout(() => htmx.ajax("GET", "/live", { source: "#live", swap: "none" }), AGAIN_MS);
  });
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
  else start();
})();
