/** What the launcher is told by its parent: which program to become, and what that may read. */
export interface Launch {
  readonly program: string
  readonly argument: string
  /** Flags of node for the program. */
  readonly flags: ReadonlyArray<string>
  readonly reads: ReadonlyArray<string>
  readonly parent: number
}
