// The playground: sends a conversation, shows the answer as it comes, and under it what it cost.

const byId = (id) => document.getElementById(id);
const [form, log, prompt, send, stop, said] = ["ask", "log", "prompt", "send", "stop", "said"].map(byId);
const talk = [];
let running = null;

const number = (value, digits) => value.toLocaleString("en-US", { maximumSignificantDigits: digits });
const make = (tag, className, text) => {
  const node = document.createElement(tag);
  if (className) node.className = className;
  if (text !== undefined) node.textContent = text;
  return node;
};

function addTurn(who, text) {
  byId("empty")?.setAttribute("hidden", "");
  const turn = make("article", `turn turn-${who}`);
  turn.setAttribute("aria-label", who === "user" ? "You" : "Model");
  turn.append(make("p", "turn-who", who === "user" ? "You" : byId("model").value), make("div", "turn-text", text));
  log.append(turn);
  turn.scrollIntoView({ block: "end" });
  return turn;
}

function wanted() {
  const asked = { model: byId("model").value, messages: [...talk], max_tokens: Number(byId("most").value) };
  const tenant = byId("tenant");
  return tenant ? { ...asked, tenant: tenant.value } : asked;
}

// Events of an SSE body, however the bytes were cut.
async function* events(body) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    const blocks = (rest + value).split(/\r?\n\r?\n/);
    rest = blocks.pop();
    for (const block of blocks) {
      const data = block.split(/\r?\n/).filter((line) => line.startsWith("data:")).map((line) => line.slice(5).trim()).join("\n");
      if (data && data !== "[DONE]") yield JSON.parse(data);
    }
  }
}

async function ask(text) {
  talk.push({ role: "user", content: text });
  addTurn("user", text);
  const asked = wanted();
  const turn = addTurn("assistant", "");
  const shown = turn.querySelector(".turn-text");
  turn.classList.add("is-writing");
  busy(true);
  const began = performance.now();
  const result = { text: "", usage: null, firstMs: null, stopped: false, problem: "" };
  running = new AbortController();
  try {
    await read(asked, result, shown, began);
  } catch (error) {
    if (error.name === "AbortError") result.stopped = true;
    else result.problem = error.message || "The connection broke.";
  }
  running = null;
  turn.classList.remove("is-writing");
  if (result.text) talk.push({ role: "assistant", content: result.text });
  else talk.pop();
  finish(turn, asked, result);
  busy(false);
}

async function read(asked, result, shown, began) {
  const answer = await fetch("/playground/stream", {
    method: "POST", body: JSON.stringify(asked), signal: running.signal,
    headers: { "content-type": "application/json", "x-form-token": form.dataset.token, accept: "text/event-stream" },
  });
  if (!answer.ok) {
    const problem = await answer.json().catch(() => ({}));
    throw new Error(problem.error?.message ?? `The console answered ${answer.status}.`);
  }
  for await (const event of events(answer.body)) {
    if (event.error) throw new Error(event.error.message);
    const piece = event.choices?.[0]?.delta?.content;
    if (piece) {
      result.firstMs ??= performance.now() - began;
      result.text += piece;
      shown.append(piece);
      shown.scrollIntoView({ block: "end" });
    }
    result.usage = event.usage ?? result.usage;
  }
}

function finish(turn, asked, result) {
  if (result.problem) turn.append(make("p", "turn-problem", result.problem));
  const row = make("div", "receipt");
  const figure = (value, unit, kind, method) => {
    const cell = make("span");
    const mark = make("a", `mark mark-${kind} mark-brief`);
    mark.href = `/method#${method}`;
    mark.title = `${kind}: how this figure is made`;
    mark.append(make("span", "hidden", kind));
    cell.append(make("b", "", value), ` ${unit} `, mark);
    row.append(cell);
  };
  const used = result.usage;
  if (used) {
    figure(number(used.prompt_tokens, 9), "tokens in", "measured", "answer");
    figure(number(used.completion_tokens, 9), "out", "measured", "answer");
    if (used.cost_usd !== undefined) figure(`${number(used.cost_usd * 100, 3)}`, "¢", "measured", "answer");
    if (used.energy_joules !== undefined) figure(number(used.energy_joules, 3), "J", used.energy_kind ?? "modelled", "answer");
  } else if (result.stopped) row.append(make("span", "", "Stopped. What had come is billed; see Requests."));
  if (result.firstMs !== null) figure(number(Math.round(result.firstMs), 9), "ms to first token", "measured", "latency");
  row.append(copier("curl", asked, curl), copier("Python", asked, python));
  turn.append(row);
  turn.scrollIntoView({ block: "end" });
  said.textContent = result.problem || (used ? `Answer complete: ${used.completion_tokens} tokens.` : "Answer stopped.");
}

function copier(name, asked, write) {
  const button = make("button", "quiet", `Copy as ${name}`);
  button.type = "button";
  button.addEventListener("click", () => {
    byId("code-title").textContent = `As ${name}`;
    byId("code-text").textContent = write(asked);
    byId("code").showModal();
  });
  return button;
}

const plain = ({ tenant, ...asked }) => asked;
const curl = (asked) => {
  const body = JSON.stringify(plain(asked), null, 1).replaceAll("'", "'\\''");
  return `curl ${form.dataset.baseUrl}/chat/completions \\\n  -H "Authorization: Bearer $BASELOAD_API_KEY" \\\n  -H "Content-Type: application/json" \\\n  -d '${body}'`;
};
const python = (asked) => {
  const { model, messages, max_tokens } = plain(asked);
  const text = JSON.stringify(messages, null, 4);
  return `import os\n\nfrom openai import OpenAI\n\nclient = OpenAI(base_url="${form.dataset.baseUrl}", api_key=os.environ["BASELOAD_API_KEY"])\nanswer = client.chat.completions.create(\n    model=${JSON.stringify(model)},\n    max_tokens=${max_tokens},\n    messages=${text.replaceAll("\n", "\n    ")},\n)\nprint(answer.choices[0].message.content)\nprint(answer.usage)`;
};

function busy(yes) {
  send.hidden = yes;
  stop.hidden = !yes;
  if (!yes) prompt.focus();
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  const text = prompt.value.trim();
  if (!text || running) return;
  prompt.value = "";
  ask(text);
});
prompt.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
    event.preventDefault();
    form.requestSubmit();
  }
});
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && running) running.abort();
});
stop.addEventListener("click", () => running?.abort());
byId("fresh").addEventListener("click", () => {
  running?.abort();
  talk.length = 0;
  log.querySelectorAll(".turn").forEach((turn) => turn.remove());
  byId("empty").removeAttribute("hidden");
  prompt.focus();
});
document.querySelectorAll(".start").forEach((button) => button.addEventListener("click", () => ask(button.textContent)));
byId("code-copy").addEventListener("click", async (event) => {
  const text = byId("code-text").textContent;
  try {
    await navigator.clipboard.writeText(text);
    event.target.textContent = "Copied";
  } catch {
    getSelection().selectAllChildren(byId("code-text"));
    event.target.textContent = "Selected: press Ctrl+C";
  }
  setTimeout(() => { event.target.textContent = "Copy to clipboard"; }, 2000);
});
