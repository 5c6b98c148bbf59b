/** Something that goes wrong for a while. */
export interface Trouble {
  name: string;
  /** How often it comes about, beside the others. */
  weight: number;
  /** Whether it can come about at the moment; left out, it always can. */
  when?(): boolean;
  begin(): Begun;
}

/** A trouble that is there. */
export interface Begun {
  /** It passes by itself after so long; undefined: somebody has to mend it. */
  lastsMs: number | undefined;
  /** One of these alarms must go off once HubSpot has refused a call for it. */
  alarms?: readonly string[];
  /** Puts back what it changed. */
  end(): void;
}
