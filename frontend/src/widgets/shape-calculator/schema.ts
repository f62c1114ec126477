/** What the shape calculator's traits may be: those of a chain. A layer that does not fit is no damage: its row says
 * why. */
import type { Schema } from "../../ui/state/checked";
import { CHAIN } from "../shared/schema";

export const SCHEMA: Schema = { traits: CHAIN };
