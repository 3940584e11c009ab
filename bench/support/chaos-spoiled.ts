/** A queue that breaks its promises: what a play of chaos must see, or else its zeros mean nothing. */
import type { Db } from "../../src/adapters/postgres/connect.ts";
import { applyMutant, type Mutant } from "../../test/domain/task/queue-model/mutants.ts";
import type { ChaosPlan } from "./chaos-play.ts";

/** An owner has room while fewer of its tasks run than it may run: whoever looks at that moment sees the same room. */
const countsRunning: Mutant = {
  name: "seats given by counting what runs",
  check: "concurrent",
  inFunction: {
    name: "fill_seats",
    edits: [
      [
        "owners.seats_in_use - freed.seats as kept",
        "(select count(*)::integer from tasks where owner_id = owners.id and status = 'running') as kept",
      ],
    ],
  },
};

const neverBusy: Mutant = {
  name: "a pull request that is never busy",
  check: "concurrent",
  inFunction: {
    name: "is_pull_request_busy",
    edits: [["select exists (select", "select false and exists (select"]],
  },
  droppedIndex: "tasks_one_publisher",
};

/** Nothing needs to be killed for it to show. */
export const spoiledPlan: ChaosPlan = {
  tasks: 600,
  headStart: 300,
  deepestBacklog: 1_000,
  owners: 10,
  processes: 2,
  claimersEach: 2,
  leaseMs: 5_000,
  killEveryMs: null,
  leastKills: 0,
  standStillEveryMs: null,
  replaceEveryMs: null,
  crash: false,
  spoil: async (db: Db) => {
    for (const mutant of [countsRunning, neverBusy]) await applyMutant(db, mutant);
  },
};
