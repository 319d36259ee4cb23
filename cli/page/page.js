// The page of a running job. It asks this server's API and draws the answers; what they say is put
// into text nodes only, never parsed as HTML.
'use strict';

const POLL = 2000;           // ms between looks at the status
const POLL_HIDDEN = 15000;   // while nobody sees the page
const TIMEOUT = 2500;        // with POLL, a lost server is told within five seconds
const HISTORY_EVERY = 5000;
const LINEAGE_EVERY = 6000;
const SEGMENTS_EVERY = 10000;
const MOST_SEGMENTS = 100000;  // beyond, their list is too long to ask for again and again
const MOST_CELLS = 4096;
const HOUR = 3600;

const $ = (id) => document.getElementById(id);
const SVG = 'http://www.w3.org/2000/svg';

function text(node, words) {
  if (node.textContent !== words) node.textContent = words;
}

function make(name, attributes = {}, ...children) {
  const node = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  node.append(...children);
  return node;
}

function draw(name, attributes = {}, ...children) {
  const node = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  node.append(...children);
  return node;
}

// --- words and figures ---

const known = (value) => value !== null && value !== undefined && Number.isFinite(value);
const whole = (value) => known(value) ? Math.round(value).toLocaleString('en-US') : 'unknown';

function short(value) {
  if (!known(value)) return 'unknown';
  const size = Math.abs(value);
  for (const [unit, by] of [['G', 1e9], ['M', 1e6], ['k', 1e4]]) {
    if (size >= by) {
      const shown = value / (unit === 'k' ? 1e3 : by);
      return shown.toFixed(shown >= 100 ? 0 : 1) + ' ' + unit;
    }
  }
  return size >= 100 || Number.isInteger(value) ? whole(value) : value.toFixed(1);
}

function duration(seconds) {
  if (!known(seconds)) return 'unknown';
  if (seconds < 10) return seconds.toFixed(1) + ' s';
  const s = Math.round(seconds);
  if (s < 120) return s + ' s';
  if (s < 7200) return Math.floor(s / 60) + ' min ' + (s % 60) + ' s';
  if (s < 172800) return Math.floor(s / 3600) + ' h ' + Math.floor(s % 3600 / 60) + ' min';
  return Math.floor(s / 86400) + ' d ' + Math.floor(s % 86400 / 3600) + ' h';
}

function bytes(value) {
  for (const [unit, by] of [['GiB', 2 ** 30], ['MiB', 2 ** 20], ['KiB', 2 ** 10]]) {
    if (value >= by) return (value / by).toFixed(1) + ' ' + unit;
  }
  return value + ' B';
}

const plural = (count, one, many = one + 's') => whole(count) + ' ' + (count === 1 ? one : many);
const clock = (date) => date.toLocaleTimeString('en-GB');
const rate = (value, unit) => known(value) ? short(value) + ' ' + unit + '/s' : 'unknown';

function place(arn) {  // "orders (us-east-1)"
  const parts = (arn || '').split(':');
  return parts.length < 6 ? arn || '…' : parts[5].replace(/^table\//, '') + ' (' + parts[3] + ')';
}

// Rebuilt only where a figure changed, so that a selection or a reader's place is not lost.
function figures(list, rows) {
  while (list.children.length > rows.length) list.lastChild.remove();
  rows.forEach(([name, value], i) => {
    if (!list.children[i]) list.append(make('div', {}, make('dt'), make('dd')));
    text(list.children[i].firstChild, name);
    text(list.children[i].lastChild, value);
  });
}

function table(details, head, rows) {
  const cells = (row, kind) => make('tr', {}, ...row.map((cell) => make(kind, {}, cell)));
  details.querySelector('thead').replaceChildren(cells(head, 'th'));
  details.querySelectorAll('th').forEach((th) => th.setAttribute('scope', 'col'));
  details.querySelector('tbody').replaceChildren(...rows.map((row) => cells(row, 'td')));
}

// --- asking ---

const TOKEN = 'ddbsync-token';

class Refused extends Error {
  constructor(status, words) {
    super(words);
    this.status = status;
  }
}

async function ask(path, body, patience = TIMEOUT) {
  const headers = {};
  const token = sessionStorage.getItem(TOKEN);
  if (token) headers.Authorization = 'Bearer ' + token;
  if (body) headers['Content-Type'] = 'application/json';
  const gone = new AbortController();
  const timer = setTimeout(() => gone.abort(), patience);
  try {
    const answer = await fetch('api/v1/' + path, {
      headers, signal: gone.signal, cache: 'no-store', method: body ? 'POST' : 'GET',
      body: body && JSON.stringify(body),
    });
    const json = await answer.json();
    if (!answer.ok) throw new Refused(answer.status, String(json.error));
    return json;
  } finally {
    clearTimeout(timer);
  }
}

// --- the state ---

const ICONS = {
  ring: 'M12 3a9 9 0 1 0 9 9',
  hourglass: 'M6 3h12M6 21h12M7 3c0 5 5 6 5 9s-5 4-5 9M17 3c0 5-5 6-5 9s5 4 5 9',
  arrow: 'M3 12h17M13 5l7 7-7 7',
  follow: 'M4 5l7 7-7 7M12 5l7 7-7 7',
  pause: 'M8 4v16M16 4v16',
  stop: 'M5 5h14v14H5z',
  check: 'M4 13l5 5L20 6',
  gap: 'M12 3L2 20h20zM12 9v5M12 17v.2',
  cross: 'M5 5l14 14M19 5L5 19',
  lost: 'M3 3l18 18M5 10a11 11 0 0 1 4-2.300M19 10a11 11 0 0 0-6-2.800M8.500 14a5 5 0 0 1 4-1.500M12 18.500v.2',
};
const STATES = {
  starting: ['ring', 'plain'], settling: ['hourglass', 'wait'], copying: ['arrow', 'plain'],
  following: ['follow', 'good'], resync: ['arrow', 'wait'], paused: ['pause', 'wait'], stopping: ['stop', 'wait'],
  done: ['check', 'good'], gap: ['gap', 'bad'], failed: ['cross', 'bad'],
};
const STATE_WORDS = {
  starting: 'Starting', settling: 'Settling', copying: 'Copying', following: 'Following',
  resync: 'Resync', paused: 'Paused', stopping: 'Stopping', done: 'Done', gap: 'Gap', failed: 'Failed',
};
const PLAIN_REASONS = {
  copying: 'Nothing holds the copy back.',
  following: 'The copy is complete; changes are applied as they come.',
  done: 'All that was asked for is done.',
};

let status = null;        // the last answer
let answeredAt = null;    // Date of it
let lost = null;          // why there is none now

function showState() {
  const board = $('board');
  const was = board.classList.contains('lost');
  board.classList.toggle('lost', lost !== null);
  if (was !== (lost !== null)) showControls();
  if (lost !== null) {
    show('lost', 'bad', 'No answer', lost);
    const silent = answeredAt && Math.round((Date.now() - answeredAt) / 1000);
    text($('since'), answeredAt ? 'last answer ' + clock(answeredAt) + ', ' +
      (silent < 10 ? silent + ' s' : duration(silent)) + ' ago' : 'no answer yet');
    document.title = 'No answer – ddbsync';
    return;
  }
  if (!status) return;
  const [icon, tone] = STATES[status.state] || ['ring', 'plain'];
  const troubled = !status.ready && tone === 'good' && status.state !== 'done';
  show(icon, troubled || status.degraded && tone === 'good' ? 'wait' : tone,
    STATE_WORDS[status.state] || status.state,
    status.reason || PLAIN_REASONS[status.state] || '');
  text($('since'), 'as of ' + clock(answeredAt));
  document.title = (STATE_WORDS[status.state] || status.state) + ' – ' + status.job_id;
}

function show(icon, tone, word, reason) {
  if ($('icon').getAttribute('d') !== ICONS[icon]) $('icon').setAttribute('d', ICONS[icon]);
  $('state-band').dataset.tone = tone;
  text($('state'), word);
  text($('reason'), reason.charAt(0).toUpperCase() + reason.slice(1));
}

function showStatus() {
  const { backfill: b, tail: t, writes: w } = status;
  text($('version'), status.version);
  text($('job'), status.job_id);
  text($('tables'), status.source_arn ? place(status.source_arn) + ' → ' + place(status.target_arn) : '');
  $('tables').title = status.source_arn + ' → ' + status.target_arn;

  $('copy').hidden = !b.wanted;
  const share = b.complete ? 1 : b.progress;
  $('bar-fill').style.width = 100 * (share || 0) + '%';
  const percent = known(share) ? (share >= 1 ? '100' : Math.min(99.9, 100 * share).toFixed(1)) : null;
  if (percent === null) $('bar').removeAttribute('aria-valuenow');
  else $('bar').setAttribute('aria-valuenow', percent);
  text($('percent'), percent === null ? '' : percent + ' %');
  const there = b.items_written + b.items_fenced;
  text($('items'), b.complete ? plural(there, 'item') + ' copied'
    : whole(there) + ' of about ' + plural(b.items_expected, 'item'));
  figures($('copy-figures'), [
    ['Rate', b.complete ? 'complete' : rate(b.items_per_second, 'items')],
    ['Time left', b.complete ? 'none' : duration(b.eta_seconds)],
    ['Segments', whole(b.segments_finished) + ' of ' + whole(b.segments)],
    ['Read', bytes(b.bytes_read)],
  ]);

  $('tail').hidden = !t.wanted;
  figures($('tail-figures'), [
    ['Lag', duration(t.lag_seconds)],
    ['Changes', rate(t.records_per_second, 'records')],
    ['Applied since the start', short(t.inserts + t.modifies + t.removes)],
    ['Before changes expire', duration(t.headroom_seconds)],
    ...(status.watch.watching ? [['Lag of the target’s watch', duration(status.watch.lag_seconds)]] : []),
  ]);
  figures($('about-figures'), [
    ['Started', new Date(status.started_at).toLocaleString('en-GB')],
    ['Checkpoint written', duration(status.checkpoint_age_seconds) + ' ago'],
    ['Pages in hand', bytes(status.queue_bytes)],
    ['Writes', short(w.puts_ok) + ' puts, ' + short(w.deletes_ok) + ' deletes'],
    ['Sent again', short(w.unprocessed) + ' items'],
    ['Throttled, failed', short(w.throttled) + ', ' + short(w.failed) + ' calls'],
    ['Capacity used', short(status.source_read_units) + ' read, ' +
      short(status.target_write_units) + ' write'],
  ]);
  $('shards').hidden = !t.wanted;
  $('segments').hidden = !b.wanted;
  showTroubles();
  showControls();
  showLimits();
}

const MOST_WATCH_LAG = 30;  // seconds, as the gate no_foreign_write has it

// Who else writes to the target, where its stream is watched.
function showWatch(watch, add) {
  if (!watch.wanted) return;
  const foreign = watch.puts + watch.deletes;
  if (foreign) {
    add('bad', plural(foreign, 'foreign write'), 'Somebody else writes to the target, last at ' +
      new Date(watch.last_foreign).toLocaleString('en-GB') + ': ' + watch.some_keys.join(', ') +
      '. Find out who; then this gives it back what the source has:',
      'ddbsync verify --repair --job ' + status.job_id);
  }
  if (!watch.watching) return add('wait', 'The target is not watched', watch.reason);
  if (watch.lag_seconds <= MOST_WATCH_LAG && known(watch.lag_seconds)) return;
  add('wait', 'The watch of the target is behind', (known(watch.lag_seconds)
    ? 'By ' + duration(watch.lag_seconds) + ': what' : 'Nobody knows how far: what') +
    ' others wrote since is not seen yet. No cut-over begins meanwhile.');
}

function showTroubles() {
  const seen = [];
  const add = (tone, title, words, command) => seen.push([tone, title, words, command]);
  const list = 'ddbsync checkpoint show --job ' + status.job_id;
  if (status.gaps) {
    add('bad', plural(status.gaps, 'gap'),
      'Changes left the stream before they were read. ' + (status.state === 'resync'
        ? 'All is copied again, and what only the target has is removed.'
        : 'Nothing is written any more. Started with --on-gap resync it copies all again.') +
      ' Which shards, and when:', list);
  }
  showWatch(status.watch, add);
  if (status.dead_letters) {
    add('bad', plural(status.dead_letters, 'dead letter'),
      'Items that the target refuses for good. Their keys and why:', list);
  }
  if (status.rechecks) {
    add('wait', plural(status.rechecks, 'recheck'),
      'Keys with a write of unknown outcome. They are compared and repaired by the job itself; ' +
      'there is nothing to do.');
  }
  if (status.commits_failed) {
    add('wait', plural(status.commits_failed, 'failed commit'), 'The checkpoint could not be ' +
      'written; last written ' + duration(status.checkpoint_age_seconds) + ' ago.');
  }
  if (status.last_warning) add('', 'Last warning, gone by or not', status.last_warning);
  if (seen.length === 0) add('', 'Nothing', 'No gaps, dead letters, rechecks or warnings.');
  const key = JSON.stringify(seen);
  if ($('troubles').dataset.shown === key) return;
  $('troubles').dataset.shown = key;
  $('troubles').replaceChildren(...seen.map(([tone, title, words, command]) => {
    const item = make('li', { class: tone }, make('b', {}, title), make('span', {}, words));
    if (command) item.append(make('code', {}, command));
    return item;
  }));
}

// --- charts ---

const CHARTS = [
  { title: 'Lag', unit: 'seconds', lines: [['lag_seconds', 'lag']], say: duration },
  { title: 'Throughput', unit: 'per second',
    lines: [['items_per_second', 'items copied'], ['records_per_second', 'records followed']], say: short },
  { title: 'Capacity', unit: 'units per second',
    lines: [['write_units_per_second', 'written'], ['read_units_per_second', 'read']], say: short },
  { title: 'Writes', unit: 'calls',
    lines: [['in_flight', 'in flight'], ['throttled_per_second', 'throttled a second']], say: short },
];
const HEIGHT = 132, LEFT = 46, BOTTOM = 20, TOP = 6, RIGHT = 8;

let past = null;

// The next round number at or above `most`, so that the scale does not tremble.
function ceiling(most) {
  if (!(most > 0)) return 1;
  const power = 10 ** Math.floor(Math.log10(most));
  return [1, 2, 2.5, 5, 10].find((step) => step * power >= most) * power;
}

// A path with a hole wherever a figure is unknown or looks are missing.
function pathOf(ages, values, x, y, interval) {
  let path = '', drawn = false, before = null;
  const points = [];
  ages.forEach((age, i) => {
    if (age > HOUR || !known(values[i])) {
      drawn = false;
      return;
    }
    const joins = drawn && before - age < 2.5 * interval;
    path += (joins ? 'L' : 'M') + x(age).toFixed(1) + ' ' + y(values[i]).toFixed(1);
    const next = known(values[i + 1]) && age - ages[i + 1] < 2.5 * interval;
    if (!joins && !next) points.push([x(age), y(values[i])]);  // a line of one point is not seen
    drawn = true;
    before = age;
  });
  return [path, points];
}

function showChart(box, chart) {
  const width = Math.max(200, box.node.clientWidth);  // a unit is a pixel: letters keep their size
  box.svg.setAttribute('viewBox', `0 0 ${width} ${HEIGHT}`);
  const ages = past.age_seconds;
  const columns = chart.lines.map(([name]) => past[name]);
  const shown = columns.flatMap((column) => column.filter((v, i) => known(v) && ages[i] <= HOUR));
  const top = ceiling(Math.max(0, ...shown));
  const x = (age) => LEFT + (1 - age / HOUR) * (width - LEFT - RIGHT);
  const y = (value) => HEIGHT - BOTTOM - value / top * (HEIGHT - BOTTOM - TOP);
  const parts = [];
  for (const share of [0, 0.5, 1]) {
    parts.push(draw('line', { class: 'axis', x1: LEFT, x2: width - RIGHT, y1: y(top * share), y2: y(top * share) }));
    parts.push(draw('text', { x: LEFT - 6, y: y(top * share) + 4, 'text-anchor': 'end' },
      share === 0 ? '0' : short(top * share)));
  }
  for (const minutes of [60, 40, 20, 0]) {
    parts.push(draw('text', { x: x(minutes * 60), y: HEIGHT - 4,
      'text-anchor': minutes === 60 ? 'start' : minutes === 0 ? 'end' : 'middle' },
    minutes === 0 ? 'now' : '−' + minutes + ' min'));
  }
  const said = chart.lines.map(([, name], line) => {
    const kind = line === 0 ? 'first' : 'second';
    const [path, points] = pathOf(ages, columns[line], x, y, past.interval_seconds);
    parts.push(draw('path', { class: kind, d: path }));
    for (const [cx, cy] of points) parts.push(draw('circle', { class: 'dot-' + kind, cx, cy, r: 2 }));
    const now = columns[line].at(-1);
    const all = columns[line].filter((v, i) => known(v) && ages[i] <= HOUR);
    return { kind, name, now, most: all.length ? Math.max(...all) : null };
  });
  box.svg.replaceChildren(...parts);
  box.svg.setAttribute('aria-label', chart.title + ' over the last hour, ' + chart.unit + ': ' +
    said.map((line) => line.name + ' now ' + chart.say(line.now) + ', at most ' + chart.say(line.most)).join('; '));
  box.words.replaceChildren(...said.map((line) => make('span', {},
    draw('svg', { class: 'key', viewBox: '0 0 20 8', 'aria-hidden': 'true' },
      draw('line', { class: line.kind, x1: 0, x2: 20, y1: 4, y2: 4 })),
    line.name + ' ', make('b', {}, chart.say(line.now)))));
}

const boxes = CHARTS.map((chart) => {
  const box = {
    words: make('p'),
    svg: draw('svg', { role: 'img' }),
  };
  box.node = make('div', { class: 'chart' },
    make('h3', {}, chart.title + ', ' + chart.unit), box.words, box.svg);
  return box;
});

function showHistory() {
  CHARTS.forEach((chart, i) => showChart(boxes[i], chart));
  if (!$('history-table').open) return;
  const lines = CHARTS.flatMap((chart) => chart.lines.map(([name, words]) => [name, words]));
  const rows = [];
  const step = Math.max(1, Math.round(60 / past.interval_seconds));  // a row a minute
  for (let i = past.age_seconds.length - 1; i >= 0; i -= step) {
    rows.push([duration(past.age_seconds[i]) + ' ago',
      ...lines.map(([name]) => name === 'lag_seconds' ? duration(past[name][i]) : short(past[name][i]))]);
  }
  table($('history-table'), ['When', ...lines.map(([, words]) => words)], rows);
}

// --- shards ---

const STEP = 18, RADIUS = 5;
const PHASES = { lost: 'lost: a gap', waiting: 'waiting for the parent', reading: 'being read', finished: 'finished' };

function mark(phase, cx, cy) {
  if (phase !== 'lost') return draw('circle', { class: 'shard ' + phase, cx, cy, r: phase === 'finished' ? 4 : RADIUS });
  return draw('path', { class: 'shard lost', d: `M${cx} ${cy - 7}L${cx + 7} ${cy + 6}H${cx - 7}z` });
}

// One family: ancestors to the left, each child on a row of its own below its elder sister.
function family(root, childrenOf) {
  const nodes = [], edges = [];
  let rows = 0, depthMost = 0;
  const stack = [[root, 0, null]];
  while (stack.length) {  // no recursion: a chain may be long
    const [shard, depth, parent] = stack.pop();
    const row = parent && parent.used++ === 0 ? parent.row : rows++;
    const at = { shard, depth, row, used: 0 };
    nodes.push(at);
    if (parent) edges.push([parent, at]);
    depthMost = Math.max(depthMost, depth);
    for (const child of (childrenOf.get(shard.shard_id) || []).toReversed()) stack.push([child, depth + 1, at]);
  }
  const x = (node) => 9 + node.depth * STEP, y = (node) => 9 + node.row * STEP;
  const width = 18 + depthMost * STEP, height = rows * STEP;
  return draw('svg', { width, height, viewBox: `0 0 ${width} ${height}`, 'aria-hidden': 'true' },
    ...edges.map(([from, to]) => draw('path', { class: 'descent', d: from.row === to.row
      ? `M${x(from)} ${y(from)}H${x(to)}` : `M${x(from)} ${y(from)}V${y(to)}H${x(to)}` })),
    ...nodes.map((node) => {
      const drawn = mark(node.shard.phase, x(node), y(node));
      drawn.append(draw('title', {}, node.shard.shard_id + ': ' + PHASES[node.shard.phase]));
      return drawn;
    }));
}

let lineage = null;

function showLineage() {
  const { shards, left_out: leftOut } = lineage;
  const lostShards = shards.filter((shard) => shard.phase === 'lost').length;
  const t = status.tail;
  const counts = { lost: lostShards, waiting: Math.max(0, t.shards_waiting - lostShards),
    reading: t.shards_reading, finished: t.shards_finished };
  const key = JSON.stringify([lineage, counts]);
  if ($('families').dataset.shown === key) return;
  $('families').dataset.shown = key;
  $('shards-legend').replaceChildren(...Object.entries(PHASES)
    .filter(([phase]) => phase !== 'lost' || counts.lost)
    .map(([phase, words]) => make('span', {},
      draw('svg', { width: 18, height: 18, 'aria-hidden': 'true' }, mark(phase, 9, 9)),
      whole(counts[phase]) + ' ' + words)));
  const drawn = new Map(shards.map((shard) => [shard.shard_id, shard]));
  const childrenOf = new Map();
  const roots = [];
  for (const shard of [...shards].sort((a, b) => a.shard_id < b.shard_id ? -1 : 1)) {
    if (!drawn.has(shard.parent_id)) {
      roots.push(shard);
    } else {
      if (!childrenOf.has(shard.parent_id)) childrenOf.set(shard.parent_id, []);
      childrenOf.get(shard.parent_id).push(shard);
    }
  }
  $('families').replaceChildren(...roots.map((root) => family(root, childrenOf)));
  $('families').setAttribute('aria-label', 'Shards, parents before their children: ' +
    Object.entries(PHASES).map(([phase, words]) => whole(counts[phase]) + ' ' + words).join(', '));
  text($('shards-left-out'), leftOut === 0 ? (shards.length ? '' : 'None is known yet.')
    : whole(leftOut) + ' more are not drawn: of each kind the youngest are, those that need attention first.');
  if (!$('shards-table').open) return;
  table($('shards-table'), ['Shard', 'Parent', 'Phase'],
    shards.map((shard) => [shard.shard_id, shard.parent_id || '–', PHASES[shard.phase]]));
}

// --- segments ---

let segments = null;

function showSegments() {
  const b = status.backfill;
  const tooMany = b.segments > MOST_SEGMENTS;
  const open = b.segments_open;
  $('segments-legend').replaceChildren(...[['done', b.segments_finished, 'finished'], ['open', open, 'being read'],
    ['', Math.max(0, b.segments - b.segments_finished - open), 'not begun or resting']].map(([kind, count, words]) =>
    make('span', {}, make('i', { class: 'swatch ' + kind }), whole(count) + ' ' + words)));
  $('grid').hidden = tooMany || !segments;
  if (tooMany) text($('segments-note'), 'Too many to draw.');
  if (tooMany || !segments || b.segments === 0) return;

  const each = Math.ceil(b.segments / MOST_CELLS);  // segments a cell
  const filled = new Float64Array(Math.ceil(b.segments / each));
  const likely = b.items_expected / b.segments;
  for (const one of segments) {
    const share = one.finished ? 1 : Math.min(0.9, Math.max(0.15, one.items_read / Math.max(1, likely)));
    filled[Math.floor(one.segment / each)] += share / each;
  }
  const grid = $('grid'), width = grid.clientWidth, scale = window.devicePixelRatio || 1;
  const size = filled.length > 1500 ? 8 : filled.length > 400 ? 11 : 15, gap = size > 10 ? 2 : 1;
  const columns = Math.max(1, Math.floor((width + gap) / (size + gap)));
  const height = Math.ceil(filled.length / columns) * (size + gap);
  grid.width = width * scale;
  grid.height = height * scale;
  grid.style.height = height + 'px';
  const style = getComputedStyle(document.documentElement);
  const colour = (name) => style.getPropertyValue(name).trim();
  const [empty, begun, full] = [colour('--well'), colour('--accent-soft'), colour('--accent')];
  const pen = grid.getContext('2d');
  pen.scale(scale, scale);
  filled.forEach((share, i) => {
    const x = i % columns * (size + gap), y = Math.floor(i / columns) * (size + gap);
    const part = share > 0.999 ? size : Math.round(share * size);
    pen.fillStyle = share === 0 ? empty : begun;
    pen.fillRect(x, y, size, size);
    pen.fillStyle = full;
    pen.fillRect(x, y + size - part, size, part);
  });
  grid.setAttribute('aria-label', `Segments: ${b.segments_finished} of ${b.segments} finished, ${open} being read`);
  text($('segments-note'), 'As the checkpoint has them, which names a segment once its first page is ' +
    'safe.' + (each === 1 ? '' : ' Each square stands for ' + each + ' segments.'));
}

// --- control ---

let busy = false;

function showControls() {
  const state = status ? status.state : '';
  const acts = status !== null && lost === null && !busy &&
    ['settling', 'copying', 'following', 'resync', 'paused'].includes(state);
  const copying = acts && status.backfill.wanted && !status.backfill.complete;
  // A button that is used up keeps the focus where it is, for whoever has no mouse.
  const set = (id, on) => { $(id).disabled = !on && document.activeElement !== $(id); $(id).setAttribute('aria-disabled', !on); };
  set('pause', copying && state !== 'paused');
  set('pause-all', acts && !status.tail_paused);
  set('resume', acts && (state === 'paused' || status.tail_paused));
  set('stop', status !== null && lost === null && !busy && !['stopping', 'done', 'failed'].includes(state));
  $('throttle').querySelectorAll('button').forEach((button) => { button.disabled = lost !== null || busy; });
}

async function tell(path, body, onError) {
  busy = true;
  try {
    took(await ask(path, body));
    return true;
  } catch (error) {
    if (error.status === 401) askForToken('The token is wrong.');
    else onError(error instanceof Refused ? error.message : 'No answer; nothing may have changed.');
    return false;
  } finally {
    busy = false;
    showControls();
  }
}

function onControl(id, path, body) {
  $(id).addEventListener('click', async () => {
    if ($(id).getAttribute('aria-disabled') === 'true') return;
    text($('control-error'), '');
    await tell(path, body, (words) => {
      text($('control-error'), words);
      $('control-error').focus();
    });
  });
}

const LIMITS = [
  ['read_capacity', 'Read capacity', 'units/s'], ['write_capacity', 'Write capacity', 'units/s'],
  ['in_flight', 'Write calls', '1 to 64'],
  ['poll_interval_seconds', 'Poll interval', 'seconds'],
];

function limitText(name) {
  const value = status ? status.limits[name] : null;
  return known(value) ? String(value) : '';
}

function showLimits(force = false) {
  for (const [name] of LIMITS) {
    const field = $('limit-' + name);
    if (!force && field.value !== (field.dataset.server ?? '')) continue;  // somebody is typing
    field.dataset.server = field.value = limitText(name);
  }
}

function limitError(name, words) {
  text($('limit-error-' + name), words);
  $('limit-' + name).setAttribute('aria-invalid', words !== '');
}

// "write_capacity: -5 is not ...; in_flight: ..." beside the fields they are about.
function placeErrors(words) {
  const rest = [];
  let first = null;
  for (const part of words.split('; ')) {
    const name = part.slice(0, part.indexOf(':'));
    if (LIMITS.some((limit) => limit[0] === name)) {
      limitError(name, part.slice(name.length + 2));
      first ||= $('limit-' + name);
    } else {
      rest.push(part);
    }
  }
  text($('throttle-error'), rest.join('; '));
  (first || $('throttle-error')).focus();
}

async function applyLimits(event) {
  event.preventDefault();
  const wanted = {};
  text($('throttle-error'), '');
  text($('throttle-done'), '');
  for (const [name] of LIMITS) {
    limitError(name, '');
    const typed = $('limit-' + name).value.trim();
    if (typed === ($('limit-' + name).dataset.server ?? '')) continue;
    // What is no number goes as it is: the server says what it takes instead.
    const number = Number(typed);
    wanted[name] = typed === '' ? null : Number.isFinite(number) ? number : typed;
  }
  if (Object.keys(wanted).length === 0) {
    text($('throttle-done'), 'Nothing was changed.');
    return;
  }
  if (await tell('throttle', wanted, placeErrors)) {
    showLimits(true);
    text($('throttle-done'), 'Applied.');
  }
}

function makeLimitFields() {
  $('limit-fields').append(...LIMITS.map(([name, words, unit]) => make('div', { class: 'limit' },
    make('label', { for: 'limit-' + name }, words + ' ', make('small', {}, unit)),
    make('input', { id: 'limit-' + name, inputmode: 'decimal', autocomplete: 'off', placeholder: 'no bound',
      'aria-describedby': 'limit-error-' + name }),
    make('p', { class: 'error', id: 'limit-error-' + name }))));
  $('throttle').addEventListener('submit', applyLimits);
  $('throttle').addEventListener('reset', (event) => {
    event.preventDefault();
    LIMITS.forEach(([name]) => limitError(name, ''));
    text($('throttle-error'), '');
    text($('throttle-done'), '');
    showLimits(true);
  });
}

// --- the token ---

function askForToken(words) {
  sessionStorage.removeItem(TOKEN);
  text($('token-error'), words);
  if (!$('token-form').hidden) return;
  $('board').hidden = true;
  $('token-form').hidden = false;
  $('token').focus();
}

// --- looking again and again ---

const due = { history: 0, lineage: 0, segments: 0 };
let timer = null;
let looking = false;

function took(answer) {
  if (typeof answer.state !== 'string') throw new Error('no status');
  if (status && status.started_at !== answer.started_at) {  // another process
    for (const what in due) due[what] = 0;
    verifyDue = cutoverDue = gatesDue = 0;
    segments = null;
  }
  status = answer;
  answeredAt = new Date();
  lost = null;
  $('token-form').hidden = true;
  $('board').hidden = false;
  showState();
  showStatus();
}

async function refresh(what, every, path, take) {
  if (Date.now() < due[what]) return;
  due[what] = Date.now() + every;
  take(await ask(path));
}

// What is too old, besides the status. A list that fails is asked for again; the status tells why.
async function lookFurther() {
  await lookAtVerification();
  await refresh('history', HISTORY_EVERY, 'history', (answer) => { past = answer; showHistory(); });
  if (status.tail.wanted) {
    await refresh('lineage', LINEAGE_EVERY, 'lineage', (answer) => { lineage = answer; showLineage(); });
  }
  const b = status.backfill;
  if (b.wanted && b.segments <= MOST_SEGMENTS) {
    const all = segments && segments.length === b.segments && segments.every((one) => one.finished);
    if (!all) {
      await refresh('segments', SEGMENTS_EVERY * (b.segments > 20000 ? 6 : 1), 'segments',
        (answer) => { segments = answer.segments; });
    }
  }
  if (b.wanted) showSegments();
  await lookAtCutover();
}

function onFailure(error) {
  if (error.status === 401) {
    lost = null;
    askForToken(sessionStorage.getItem(TOKEN) ? 'This is not the job’s token.' : '');
    return;
  }
  lost = error instanceof Refused ? 'The server answers, but not with a status: ' + error.message
    : status && ['stopping', 'done', 'failed'].includes(status.state)
      ? 'The process was ' + status.state + ' and has probably ended. The start command resumes the job.'
      : 'The process does not answer. The figures below are old. If it has ended, the start command ' +
        'resumes the job, and this page goes on by itself.';
  if ($('token-form').hidden) $('board').hidden = false;
  else text($('token-error'), 'The process does not answer.');
  showState();
}

async function look() {
  if (looking) return;
  looking = true;
  clearTimeout(timer);
  try {
    took(await ask('status'));
  } catch (error) {
    onFailure(error);
  }
  looking = false;
  const waitsForToken = !$('token-form').hidden;
  if (!waitsForToken) timer = setTimeout(look, document.hidden ? POLL_HIDDEN : POLL);
  // Not before the timer: a slow list must not make the status late.
  if (lost === null && status && !waitsForToken) lookFurther().catch(() => {});
}

function begin() {
  $('others').hidden = !location.pathname.startsWith('/jobs/');
  $('charts').append(...boxes.map((box) => box.node));
  makeLimitFields();
  beginVerification();
  beginCutover();
  onControl('pause', 'pause', { tail: false });
  onControl('pause-all', 'pause', { tail: true });
  onControl('resume', 'resume', {});
  $('stop').addEventListener('click', () => {
    if ($('stop').getAttribute('aria-disabled') === 'true') return;
    $('stop-dialog').returnValue = '';
    $('stop-dialog').showModal();
  });
  $('stop-dialog').addEventListener('close', () => {
    if ($('stop-dialog').returnValue !== 'yes') return;
    text($('control-error'), '');
    tell('stop', {}, (words) => text($('control-error'), words));
  });
  $('token-form').addEventListener('submit', (event) => {
    event.preventDefault();
    const token = $('token').value.trim();
    if (!/^[\x21-\x7e]+$/.test(token)) {
      text($('token-error'), 'A token is one line of visible characters.');
      return;
    }
    sessionStorage.setItem(TOKEN, token);
    $('token').value = '';
    look();
  });
  $('history-table').addEventListener('toggle', () => past && showHistory());
  $('shards-table').addEventListener('toggle', () => {
    $('families').dataset.shown = '';
    if (lineage) showLineage();
  });
  document.addEventListener('visibilitychange', () => document.hidden || look());
  window.addEventListener('resize', () => {
    if (past) showHistory();
    if (status && status.backfill.wanted) showSegments();
  });
  window.matchMedia('(prefers-color-scheme: dark)').addEventListener('change',
    () => status && status.backfill.wanted && showSegments());
  setInterval(() => lost !== null && showState(), 1000);
  look();
}

begin();
