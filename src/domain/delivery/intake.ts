/** What intake knows besides the event: whose webhook it is, and what new owners and tasks start with. */
export interface Intake {
  readonly forge: "github";
  /** Of the App whose secret verified the signature; never what a header or the payload says. */
  readonly host: string;
  readonly ownerMaxRunning: number;
  readonly taskMaxAttempts: number;
}
