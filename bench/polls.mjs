// Counts the page's questions during a wait, with the poller that the page ships and a clock that does not wait.
// Usage: node polls.mjs '{"waitMs": 60000, "status": "make_pending", "pollAfterMs": 1000, "answerMs": 0}'
import { Poller } from '../static_site/poller.js';

const { waitMs, status, pollAfterMs, answerMs } = JSON.parse(process.argv[2]);

let now = 0;
let next = 1;
const timers = new Map();
const clock = {
  now: () => now,
  setTimeout(callback, ms) {
    timers.set(next, { at: now + ms, callback });
    return next++;
  },
  clearTimeout: (timer) => timers.delete(timer),
};

const asked = { polls: 0, checks: 0 };
const answer = () => new Promise((resolve) => clock.setTimeout(() => resolve(order), answerMs));
const order = { status, poll_after_ms: pollAfterMs };
const poller = new Poller(clock, {
  askStatus: () => { asked.polls += 1; return answer(); },
  askCheck: () => { asked.checks += 1; return answer(); },
  onAnswer() {},
  onFailure() {},
});

poller.follow(order);
for (;;) {
  await new Promise(setImmediate); // lets the poller's promises settle before the clock moves on
  const due = [...timers].sort(([, a], [, b]) => a.at - b.at)[0];
  if (!due || due[1].at > waitMs) break;
  timers.delete(due[0]);
  now = due[1].at;
  due[1].callback();
}
console.log(JSON.stringify(asked));
process.exit(0);
