// The jobs of a process, each with a link to its page. It asks this server's API and draws the
// answers; what they say is put into text nodes only, never parsed as HTML.
'use strict';

const POLL = 2000;          // ms between looks
const POLL_HIDDEN = 15000;  // while nobody sees the page
const TIMEOUT = 2500;       // with POLL, a lost server is told within five seconds
const TOKEN = 'ddbsync-token';  // the jobs' pages have the same

const $ = (id) => document.getElementById(id);

function text(node, words) {
  if (node.textContent !== words) node.textContent = words;
}

const known = (value) => value !== null && value !== undefined && Number.isFinite(value);

function duration(seconds) {
  if (!known(seconds)) return 'unknown';
  if (seconds < 10) return seconds.toFixed(1) + ' s';
  const s = Math.round(seconds);
  if (s < 120) return s + ' s';
  if (s < 7200) return Math.floor(s / 60) + ' min ' + (s % 60) + ' s';
  return Math.floor(s / 3600) + ' h ' + Math.floor(s % 3600 / 60) + ' min';
}

// Never 100 % before it is: the estimate of the table may be short.
function percent(job) {
  if (!known(job.progress)) return '–';
  return job.progress >= 1 ? '100 %' : Math.min(99.9, job.progress * 100).toFixed(1) + ' %';
}

function tone(job) {
  if (job.state === 'failed' || job.state === 'gap') return 'bad';
  if (job.state === 'done') return 'plain';
  return job.ready ? 'good' : 'wait';
}

function row(job) {
  const made = document.createElement('tr');
  const name = document.createElement('th');
  name.scope = 'row';
  const link = document.createElement('a');
  link.href = job.path.slice(1) + '/';
  link.textContent = job.job_id;
  name.append(link);
  made.append(name, ...['td', 'td', 'td', 'td'].map((kind) => document.createElement(kind)));
  return made;
}

// Rebuilt only where a figure changed, so that a selection or a reader's place is not lost.
function show(jobs) {
  const rows = $('jobs').children;
  if (rows.length !== jobs.length) $('jobs').replaceChildren(...jobs.map(row));
  const counts = new Map();
  jobs.forEach((job, i) => {
    const [, state, copied, lag, reason] = rows[i].children;
    rows[i].dataset.tone = tone(job);
    text(state, job.state);
    text(copied, percent(job));
    text(lag, job.ended ? '–' : duration(job.lag_seconds));
    text(reason, job.reason);
    counts.set(job.state, (counts.get(job.state) || 0) + 1);
  });
  text($('summary'), [...counts].map(([state, count]) => count + ' ' + state).join(', '));
}

async function ask() {
  const token = sessionStorage.getItem(TOKEN);
  const gone = new AbortController();
  const timer = setTimeout(() => gone.abort(), TIMEOUT);
  try {
    return await fetch('api/v1/jobs', {
      headers: token ? { Authorization: 'Bearer ' + token } : {}, signal: gone.signal,
      cache: 'no-store',
    });
  } finally {
    clearTimeout(timer);
  }
}

function askForToken() {
  text($('token-error'), sessionStorage.getItem(TOKEN) ? 'This is not the jobs’ token.' : '');
  sessionStorage.removeItem(TOKEN);
  $('board').hidden = true;
  if (!$('token-form').hidden) return;
  $('token-form').hidden = false;
  $('token').focus();
}

let timer = null;

async function look() {
  clearTimeout(timer);
  timer = setTimeout(look, document.hidden ? POLL_HIDDEN : POLL);
  try {
    const answer = await ask();
    if (answer.status === 401) {
      clearTimeout(timer);  // the form asks again
      askForToken();
      return;
    }
    show((await answer.json()).jobs);
    text($('lost'), '');
    $('token-form').hidden = true;
  } catch {
    text($('lost'), 'The process does not answer. What is below is old. If it has ended, the start ' +
      'command resumes the jobs, and this page goes on by itself.');
  }
  if ($('token-form').hidden) $('board').hidden = false;
}

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
document.addEventListener('visibilitychange', () => document.hidden || look());
look();
