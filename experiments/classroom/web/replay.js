// A run put together again from its increments, quarter by quarter.

import { SCENE } from "./page.js";

const BIDDING = 0;
const ACTIVE = 1;
const SOLVED = 2;

export class Replay {
  constructor(picture) {
    this.picture = picture;
    this.quarter = 0;
    this.restart();
  }

  get last() {
    return this.picture.steps.length;
  }

  restart() {
    this.quarter = 0;
    this.consortia = new Map();
    this.entrants = new Map();
    this.closed = new Set();
    this.solved = SCENE.regions.map(() => 0);
    this.step = null;
    this.apply(this.picture.start);
  }

  goTo(quarter) {
    if (quarter < this.quarter) this.restart();
    while (this.quarter < Math.min(quarter, this.last)) {
      this.step = this.picture.steps[this.quarter];
      this.quarter += 1;
      this.apply(this.step);
    }
  }

  apply(step) {
    for (const [row, kind, region] of step.e ?? []) {
      if (row >= SCENE.organisations.length) this.entrants.set(row, { kind, region });
    }
    for (const row of step.x ?? []) {
      this.closed.add(row);
      this.entrants.delete(row);
    }
    for (const [row, programme, problem, lead, members, state] of step.c ?? []) {
      this.set({ row, programme, problem, lead, members, state });
    }
    for (const [row, state] of step.s ?? []) {
      const one = this.consortia.get(row);
      if (one) this.set({ ...one, state });
    }
  }

  set(one) {
    if (one.state === SOLVED) this.solved[this.regionOf(one.lead)] += 1;
    if (one.state === BIDDING || one.state === ACTIVE) this.consortia.set(one.row, one);
    else this.consortia.delete(one.row);
  }

  regionOf(row) {
    return SCENE.organisations[row]?.region ?? this.entrants.get(row)?.region ?? 0;
  }

  underWay(state) {
    return [...this.consortia.values()].filter((one) => one.state === state);
  }

  get active() {
    return this.underWay(ACTIVE);
  }

  get bidding() {
    return this.underWay(BIDDING);
  }

  get organisations() {
    const closed = [...this.closed].filter((row) => row < SCENE.organisations.length).length;
    return SCENE.organisations.length - closed + this.entrants.size;
  }
}
