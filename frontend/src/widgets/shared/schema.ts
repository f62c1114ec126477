/** What a chain's traits may be: what their Python half allows. A layer that does not fit is no damage. */
import { isLayer, isShape, LONGEST, readLink } from "../../math/chain";
import { check, dictionaryOf, listOf, type Schema, whole } from "../../ui/state/checked";

const isLink = (value: unknown): boolean => {
  try {
    return typeof value === "string" && readLink(value).layers.length > 0;
  } catch {
    return false;
  }
};

export const CHAIN: Schema["traits"] = {
  layers: listOf(check("a layer with its numbers", isLayer), LONGEST),
  input_shape: check("one to four whole numbers from 1 to 1000000", isShape),
  selected: whole(0),
  presets: dictionaryOf(check("a chain as links carry it", isLink)),
};
