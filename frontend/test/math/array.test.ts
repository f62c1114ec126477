import { expect, it } from "vitest";
import { largest } from "../../src/math/array";

it("finds the largest magnitude", () => expect(largest(Float64Array.of(1, -3, 2))).toBe(3));
