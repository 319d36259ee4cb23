// The part of the page about a verification. It uses what page.js has, which begins it. Repairs are asked for on the
// command line alone: they write.
'use strict';

const VERIFY_EVERY = 2000;
const VERIFY_REST = 10000;     // while none runs
const MOST_DIFFERENCES = 20;

const VERIFY_PHASES = {
  opening: 'Looking at the tables', digesting: 'Scanning both tables', comparing: 'Comparing',
  settling: 'Looking again at suspects', watching: 'Watching',
};
const VERDICTS = {
  equal: ['good', 'Equal'], different: ['bad', 'Different'], stopped: ['wait', 'Stopped before it was known'],
  failed: ['bad', 'Failed'],
};

let verified = null;   // the last answer
let verifying = false; // a button's order is under way
let verifyDue = 0;

function verdict() {
  const v = verified;
  if (v.run === 0) return ['', 'Nothing was verified in this process yet'];
  if (v.running && !v.outcome) return ['', VERIFY_PHASES[v.phase] || v.phase];
  if (v.outcome === 'different' && v.missing + v.extra + v.different === 0) return ['wait', 'Undecided'];
  return VERDICTS[v.outcome] || ['', v.phase];
}

// Why none can be begun now; empty: it can.
function whyNotVerify() {
  if (!status || lost !== null || ['stopping', 'done', 'failed', 'gap', 'starting', 'settling'].includes(status.state)) {
    return 'not while the job is ' + (status && lost === null ? status.state : 'unknown');
  }
  if (status.backfill.wanted && !status.backfill.complete) return 'not before the copy is complete';
  return status.tail_paused ? 'not while following rests' : '';
}

function showVerification() {
  const v = verified;
  const [tone, words] = verdict();
  const card = $('verification');
  card.dataset.tone = tone;
  text($('verify-verdict'), words);
  const detail = v.run === 0 ? ''
    : v.reason ? v.reason
      : v.phase === 'opening' ? '' : 'The ' + v.form + ' form: ' + v.why + '.';
  text($('verify-detail'), detail);
  const walking = v.running && ['digesting', 'comparing'].includes(v.phase);
  $('verify-bar').hidden = !walking;
  if (walking && known(v.progress)) {
    $('verify-fill').style.width = 100 * v.progress + '%';
    $('verify-bar').setAttribute('aria-valuenow', Math.min(99.9, 100 * v.progress).toFixed(1));
  }
  $('verify-figures').hidden = v.run === 0 || v.phase === 'opening';
  figures($('verify-figures'), [
    ['Items looked at', short(Math.max(v.source.items, v.source.summed)) + ' and ' +
      short(Math.max(v.target.items, v.target.summed))],
    ['Rate', walking ? rate(v.items_per_second, 'items') : 'at rest'],
    ['Time left', walking ? duration(v.eta_seconds) : 'none'],
    ['Suspects', whole(v.suspects)],
    ['Missing', whole(v.missing)], ['Extra', whole(v.extra)], ['Different', whole(v.different)],
    ['Undecided', whole(v.undecided)],
    ['Read units', short(v.source.units) + ' and ' + short(v.target.units)],
  ]);
  showDifferences();
  const why = whyNotVerify();
  const set = (id, on) => {
    $(id).disabled = !on && document.activeElement !== $(id);
    $(id).setAttribute('aria-disabled', !on);
  };
  set('verify-start', why === '' && !v.running && !verifying);
  set('verify-stop', v.running && lost === null && !verifying);
  text($('verify-note'), why === '' ? 'It reads both tables and writes nothing. To repair what differs, type:'
    : 'It reads both tables and writes nothing; ' + why + '. To repair what differs, type:');
  text($('verify-command'), 'ddbsync verify --job ' + v.job_id + ' --repair');
}

function showDifferences() {
  const v = verified;
  const shown = v.differences.slice(0, MOST_DIFFERENCES);
  const key = JSON.stringify([shown, v.missing + v.extra + v.different]);
  if ($('verify-differences').dataset.shown === key) return;
  $('verify-differences').dataset.shown = key;
  const rows = shown.map((one) => make('li', { class: 'bad' }, make('b', {}, one.kind + ' since ' +
    new Date(one.since).toLocaleString('en-GB')), make('code', {}, one.key),
  make('span', {}, one.attributes.length ? 'in ' + one.attributes.join(', ') : '')));
  const more = v.missing + v.extra + v.different - shown.length;
  if (more > 0) rows.push(make('li', {}, make('b', {}, 'and ' + whole(more) + ' more'),
    make('code', {}, 'ddbsync verify show --json --job ' + v.job_id)));
  $('verify-differences').replaceChildren(...rows);
}

async function lookAtVerification(now = false) {
  if (!now && Date.now() < verifyDue) return;
  verifyDue = Date.now() + (verified && verified.running ? VERIFY_EVERY : VERIFY_REST);
  verified = await ask('verify');
  showVerification();
}

async function orderVerification(path, body) {
  verifying = true;
  text($('verify-error'), '');
  try {
    verified = await ask(path, body);
    verifyDue = 0;
  } catch (error) {
    text($('verify-error'), error instanceof Refused ? error.message : 'No answer; nothing may have changed.');
    $('verify-error').focus();
  } finally {
    verifying = false;
    if (verified) showVerification();
  }
}

function onVerify(id, path) {
  $(id).addEventListener('click', () => {
    if ($(id).getAttribute('aria-disabled') !== 'true') orderVerification(path, {});
  });
}

function beginVerification() {
  onVerify('verify-start', 'verify');
  onVerify('verify-stop', 'verify/stop');
}
