/** Orders, states and a clock for the tests of the page's modules. */

import { initialState, reduce } from '../../static_site/state.js';

const POLLED = ['pending', 'paid', 'make_pending'];

export function anOrder(status = 'created', changes = {}) {
  return {
    order_id: '20250317110122659ba6d7-9ace-cndn',
    status,
    status_text: `текст статуса ${status}`,
    drink_name: 'Молочная пена',
    drink_size: 'средний',
    price: 150,
    server_time: '2025-03-17T11:01:22+03:00',
    expires_at: '2025-03-17T11:11:22+03:00', // in ten minutes
    receipt: { email: 'hidden' },
    refund: null,
    poll_after_ms: POLLED.includes(status) ? 1000 : null,
    device: { location: 'Холл', logo_url: null },
    ...changes,
  };
}

/** The state after these events, each a type with its facts. */
export const after = (...events) => events.reduce((state, event) => reduce(state, { at: 0, ...event }), initialState);

export const answered = (order, at = 0) => ({ type: 'answered', order, at });

/** A clock whose time only passes in `pass`, which also lets the promises in between settle. */
export class FakeClock {
  #time = 0;
  #timers = new Map();
  #last = 0;

  now = () => this.#time;

  setTimeout = (act, ms) => {
    this.#last += 1;
    this.#timers.set(this.#last, { act, due: this.#time + ms });
    return this.#last;
  };

  clearTimeout = (timer) => this.#timers.delete(timer);

  get waiting() {
    return this.#timers.size;
  }

  async pass(ms) {
    const end = this.#time + ms;
    await settle();
    for (let next = this.#next(end); next; next = this.#next(end)) {
      const [timer, { act, due }] = next;
      this.#timers.delete(timer);
      this.#time = due;
      act();
      await settle();
    }
    this.#time = end;
    await settle();
  }

  #next(end) {
    const due = [...this.#timers].filter(([, timer]) => timer.due <= end);
    return due.sort(([, one], [, other]) => one.due - other.due)[0];
  }
}

/** Until every promise that can settle without time passing has settled. */
export const settle = () => new Promise((resolve) => setImmediate(resolve));
