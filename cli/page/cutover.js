// The part of the page about the cut-over. It uses what page.js has, which begins it. A cut-over is begun on the command
// line alone, where somebody stops the writers; what is under way can be committed or taken back here.
'use strict';

const CUTOVER_EVERY = 2000;
const CUTOVER_REST = 10000;  // while none is under way
const GATES_EVERY = 30000;
const GATES_PATIENCE = 12000;  // judging them asks both tables

const CUTOVER_STEPS = ['preparing', 'freezing', 'sealing', 'draining', 'comparing', 'ready', 'committed', 'done'];
const WAY_BACK = ['restoring', 'thawing', 'catching_up', 'rolled_back'];
const STEP_WORDS = {
  preparing: 'Preparing', freezing: 'Stopping writes', sealing: 'Sealing the stream', draining: 'Draining',
  comparing: 'Comparing', ready: 'Ready', committed: 'Committed', done: 'Switched', restoring: 'Restoring the stream',
  thawing: 'Letting writes go on', catching_up: 'Catching up', rolled_back: 'Taken back',
};
const ENDED = ['done', 'rolled_back'];

let cutover = null;    // the last answer about it
let gates = null;
let ordering = false;  // a button's order is under way
let cutoverDue = 0;
let gatesDue = 0;

const underWay = () => cutover !== null && cutover.number > 0 && !ENDED.includes(cutover.step);

function cutoverVerdict() {
  const c = cutover;
  if (c.number > 0 && (underWay() || c.step === 'done')) {
    const tone = c.step === 'done' ? 'good' : WAY_BACK.includes(c.step) ? 'bad' : 'wait';
    return [tone, STEP_WORDS[c.step] || c.step];
  }
  const failing = gates ? gates.gates.filter((gate) => !gate.ok).length : 0;
  const words = !gates ? 'The gates are not known yet' : gates.ready ? 'Every gate holds'
    : plural(failing, 'gate') + (failing === 1 ? ' does' : ' do') + ' not hold';
  if (c.step === 'rolled_back' && c.number > 0) return ['bad', 'Taken back. ' + words];
  return [gates && gates.ready ? 'good' : '', words];
}

function cutoverDetail() {
  const c = cutover;
  if (c.number === 0) return '';
  if (c.step === 'rolled_back' || WAY_BACK.includes(c.step)) return c.reason;
  if (c.step === 'done') return 'The target is the live table.';
  return c.doing;
}

// How long writes have been stopped, or were.
function frozenFor() {
  const c = cutover;
  if (!c.frozen_at) return null;
  const end = c.committed_at || c.thawed_at || (underWay() ? c.now : null);
  return end ? Math.max(0, (new Date(end) - new Date(c.frozen_at)) / 1000) : null;
}

function showSteps() {
  const c = cutover;
  const back = WAY_BACK.includes(c.step);
  const steps = back ? WAY_BACK : CUTOVER_STEPS;
  const at = steps.indexOf(c.step);
  $('cutover-steps').hidden = c.number === 0;
  const key = c.number + c.step;
  if ($('cutover-steps').dataset.shown === key) return;
  $('cutover-steps').dataset.shown = key;
  $('cutover-steps').replaceChildren(...steps.map((step, i) => {
    const item = make('li', { class: i < at || ENDED.includes(c.step) ? 'past' : '' }, STEP_WORDS[step]);
    if (i === at) item.setAttribute('aria-current', 'step');
    return item;
  }));
}

function showGates() {
  $('cutover-gates').hidden = !gates;
  if (!gates) return;
  const key = JSON.stringify(gates.gates);
  if ($('cutover-gates').dataset.shown === key) return;
  $('cutover-gates').dataset.shown = key;
  const failing = gates.gates.filter((gate) => !gate.ok);
  text($('cutover-gates-title'), whole(gates.gates.length - failing.length) + ' of ' +
    plural(gates.gates.length, 'gate') + ' hold');
  $('cutover-failing').replaceChildren(...failing.map((gate) => make('li', { class: 'wait' },
    make('b', {}, gate.name.replaceAll('_', ' ') + ': ' + gate.observed),
    make('span', {}, 'wanted: ' + gate.limit), ...(gate.fix ? [make('code', {}, gate.fix)] : []))));
  table($('cutover-gates'), ['Gate', 'Holds', 'Observed', 'Limit'],
    gates.gates.map((gate) => [gate.name.replaceAll('_', ' '), gate.ok ? 'yes' : 'no', gate.observed, gate.limit]));
}

function showEvents() {
  const events = cutover.events;
  $('cutover-events').hidden = events.length === 0;
  const key = cutover.number + ' ' + events.length;
  if ($('cutover-events').dataset.shown === key) return;
  $('cutover-events').dataset.shown = key;
  table($('cutover-events'), ['When', 'Step', 'What'], events.map((event) =>
    [new Date(event.time).toLocaleString('en-GB'), STEP_WORDS[event.step] || event.step, event.text]));
}

// What was kept of one that has begun: the gates as they were then, and what the comparison while writes were stopped
// found of each table.
function showReport() {
  const { gates: kept, digests } = cutover;
  $('cutover-report').hidden = kept.length === 0;
  const compared = digests.source !== '' || digests.target !== '';
  $('cutover-digests').hidden = !compared;
  const key = JSON.stringify([cutover.number, kept, digests]);
  if ($('cutover-report').dataset.shown === key) return;
  $('cutover-report').dataset.shown = key;
  table($('cutover-report'), ['Gate', 'Held', 'Observed', 'Limit'],
    kept.map((gate) => [gate.name.replaceAll('_', ' '), gate.ok ? 'yes' : 'no', gate.observed, gate.limit]));
  figures($('cutover-digests'), compared
    ? [['Source’s digest', digests.source || 'none'], ['Target’s digest', digests.target || 'none']] : []);
}

function showCutover() {
  const c = cutover;
  const [tone, words] = cutoverVerdict();
  $('cutover').dataset.tone = tone;
  text($('cutover-verdict'), words);
  text($('cutover-detail'), cutoverDetail());
  const frozen = frozenFor();
  const stopped = underWay() && !c.committed_at && !c.thawed_at;
  const options = gates && !underWay() && c.step !== 'done' ? gates.options : c.options;
  figures($('cutover-figures'), [
    [stopped || frozen === null ? 'Writes stopped' : 'Writes were stopped', frozen === null ? 'no' : duration(frozen)],
    ...(underWay() ? [['Left of the time-out', known(c.left_seconds) ? duration(c.left_seconds) : 'none']]
      : gates && c.step !== 'done' ? [['Would be stopped for', duration(gates.window.total_seconds)]] : []),
    ['Freeze', options.freeze], ['Drain', options.drain],
  ]);
  showSteps();
  showGates();
  showEvents();
  showReport();
  showCutoverControls();
}

function showCutoverControls() {
  const c = cutover;
  const acts = lost === null && !ordering;
  const applies = { 'cutover-commit': c.asks_commit,
    'cutover-abort': underWay() && c.step !== 'committed' && !WAY_BACK.includes(c.step) };
  for (const [id, on] of Object.entries(applies)) {
    $(id).hidden = !on && document.activeElement !== $(id);
    $(id).disabled = !(on && acts) && document.activeElement !== $(id);
    $(id).setAttribute('aria-disabled', !(on && acts));
  }
  const job = ' --job ' + c.job_id;
  const [note, command] = c.asks_confirmation
    ? ['It waits until everything that writes to the source is stopped. Once that is so, type:', 'ddbsync cutover frozen' + job]
    : c.asks_commit ? ['Or type:', 'ddbsync cutover commit' + job]
      : underWay() ? ['To see how it goes on, type:', 'ddbsync cutover status' + job]
        : c.step === 'done' && c.number > 0 ? ['What it did, type:', 'ddbsync cutover status' + job]
          : ['It is begun where somebody can stop the writers. What it would do, type:', 'ddbsync cutover plan' + job];
  text($('cutover-note'), note);
  text($('cutover-command'), command);
}

// A job that follows nothing has no cut-over. What cannot be had now is asked for again.
async function lookAtCutover() {
  $('cutover').hidden = !status.tail.wanted;
  if (!status.tail.wanted) return;
  const now = Date.now();
  if (now >= cutoverDue) {
    cutoverDue = now + (underWay() ? CUTOVER_EVERY : CUTOVER_REST);
    cutover = await ask('cutover');
    showCutover();
  }
  if (now >= gatesDue && !underWay() && !(cutover && cutover.step === 'done' && cutover.number > 0)) {
    gatesDue = now + GATES_EVERY;
    judge();  // not awaited: it must not make the rest of the page late
  }
}

async function judge() {
  try {
    gates = await ask('gates', undefined, GATES_PATIENCE);
    showCutover();
  } catch {
    // What was known stays; the status tells why there is no answer.
  }
}

async function orderCutover(path, body) {
  ordering = true;
  text($('cutover-error'), '');
  try {
    cutover = await ask(path, body);
    cutoverDue = 0;
  } catch (error) {
    text($('cutover-error'), error instanceof Refused ? error.message : 'No answer; it may have been done.');
    $('cutover-error').focus();
  } finally {
    ordering = false;
    if (cutover) showCutover();
  }
}

function beginCutover() {
  for (const [id, dialog] of [['cutover-commit', 'commit-dialog'], ['cutover-abort', 'abort-dialog']]) {
    $(id).addEventListener('click', () => {
      if ($(id).getAttribute('aria-disabled') === 'true') return;
      $(dialog).returnValue = '';
      $(dialog).showModal();
    });
  }
  $('commit-dialog').addEventListener('close', () => {
    if ($('commit-dialog').returnValue === 'yes') orderCutover('commit', {});
  });
  $('abort-dialog').addEventListener('close', () => {
    if ($('abort-dialog').returnValue === 'yes') orderCutover('abort', { reason: 'asked for on the page' });
  });
}
