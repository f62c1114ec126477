/** What grids for the hand ask of the widget that they stand in. */
export interface Hands<Focus, Written> {
  /** Look at a cell, or at nothing else than the step; `aloud` where a key or a press chose it. */
  look(focus: Focus | undefined, aloud?: boolean): void;
  /** The numbers that the cells are of. */
  values(on: Written): Float64Array;
  /** Where in them a cell's number stands; nothing where there is none to change. */
  entry(focus: Focus): number | undefined;
  /** Change one of them; changes of one `group` are undone at once. */
  change(on: Written, entry: number, value: number, group?: unknown): void;
  endGroup(): void;
  takeBack(group: unknown): void;
  say(text: string, alarm?: boolean): void;
}
