/** What the receptive field's traits may be: what its Python half allows, and what its reader leaves. */
import { graphProblem } from "../../math/field";
import { either, listOf, none, packed, pictureUri, record, type Schema, text, whole } from "../../ui/state/checked";
import { CHAIN } from "../shared/schema";

const MOST_POSITIONS = 2 ** 20;

const measured = packed("of one or two axes", (shape) => {
  return shape.length >= 1 && shape.length <= 2 && shape.reduce((a, b) => a * b) <= MOST_POSITIONS;
});

export const SCHEMA: Schema = {
  traits: {
    ...CHAIN,
    graph: either(none, graphProblem),
    unit: listOf(whole(0), 2),
    image: (value) => (value === "" ? "" : pictureUri(value)),
    effective: listOf(record({ name: text, values: measured }), 6),
    measured_at: listOf(whole(0), 3),
    heat: whole(-1),
  },
};
