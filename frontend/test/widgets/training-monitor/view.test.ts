// @vitest-environment happy-dom
/** The training monitor in a page: what it says at each step, and what hand and key do. */
import { afterEach, describe, expect, it, vi } from "vitest";
import { TrainingMonitor } from "../../../src/widgets";
import { whenOf } from "../../../src/widgets/training-monitor/words";
import { mount, type Mounted } from "../../help";
import { monitorState, RUN } from "../../model";

const shown = (changes: Record<string, unknown> = {}): Mounted => mount(TrainingMonitor, monitorState(changes));
const numbers = ({ el }: Mounted) =>
  Object.fromEntries(
    [...el.querySelectorAll(".readout div")].map(({ children: [name, value] }) => [
      name.textContent,
      value.textContent,
    ]),
  );
const click = (page: Mounted, selector: string) => {
  page.find<HTMLButtonElement>(selector).click();
  page.flush();
};

afterEach(() => vi.useRealTimers());

describe("the numbers", () => {
  it("are those of the last step, and of the last epoch that was over", () => {
    const page = shown();
    expect(numbers(page)).toEqual({
      epoch: "3 of 4",
      step: "7 of 12",
      loss: "0.25",
      "learning rate": "0.01",
      "accuracy after epoch": "2",
      "training accuracy": "75.0\u00a0%",
      "validation accuracy": "62.5\u00a0%",
      gap: "+12.5 points",
    });
  });
  it("say so where nothing is known", () => {
    const page = shown({ step: 2 });
    expect(numbers(page)).toMatchObject({ "accuracy after epoch": "–", "training accuracy": "–", gap: "–" });
    page.model.set("step", 3);
    page.flush();
    expect(numbers(page)).toMatchObject({ loss: "–", gap: "−25 points" });
  });
  it("are another run's, at the same step, when that is chosen", () => {
    const page = shown({ step: 4 });
    click(page, '[role="radio"][data-value="1"]');
    expect(page.model.get("run")).toBe(1);
    expect(numbers(page)).toMatchObject({ step: "4 of 7", "learning rate": "–" });
    expect(page.find(".first").hidden).toBe(true);
  });
});

describe("the step", () => {
  it("is one number, set by every way there is", () => {
    const page = shown();
    const step = () => page.model.get("step");
    const plot = '.chart [role="slider"]';
    page.press(plot, "Home");
    expect(step()).toBe(1);
    page.press(plot, "ArrowRight");
    expect(step()).toBe(2);
    page.press(plot, "PageUp");
    expect(step()).toBe(3);
    page.press(plot, "PageUp");
    expect(step()).toBe(6);
    page.press(plot, "PageDown");
    expect(step()).toBe(3);
    page.press(plot, "ArrowLeft");
    expect(step()).toBe(2);
    click(page, '[aria-label="Step forward"]');
    expect(step()).toBe(3);
    page.choose(".timeline input", "4");
    expect(step()).toBe(5);
    page.press(plot, "End");
    expect(step(), "at the end it follows the run").toBe(null);
  });
  it("goes on by itself when it is played, and comes to the end", () => {
    vi.useFakeTimers();
    const page = shown();
    click(page, '[aria-label="Play"]');
    const seen = [];
    for (let i = 0; i < 8; i++) {
      seen.push(numbers(page).step);
      vi.advanceTimersByTime(330);
      page.flush();
    }
    expect(seen).toEqual([1, 2, 3, 4, 5, 6, 7, 7].map((step) => `${step} of 12`));
    expect(page.find('[aria-label="Play"]')).toBeTruthy();
  });
  it("moves no mark but its own: the curves are drawn once", () => {
    const page = shown();
    const curve = page.find(".plot .training");
    click(page, '[aria-label="First step"]');
    expect(page.find(".plot .training")).toBe(curve);
    expect(page.find(".cursor").style.left).toBe("14.29%");
  });
  it("follows a pointer, and comes back when that leaves", () => {
    const page = shown();
    const plot = page.find(".plot");
    plot.getBoundingClientRect = () => ({ left: 0, width: 400 }) as DOMRect;
    plot.dispatchEvent(new MouseEvent("pointermove", { clientX: 240 }));
    page.flush();
    expect(numbers(page).step).toBe("4 of 12");
    expect(page.model.get("step")).toBe(null);
    plot.dispatchEvent(new MouseEvent("pointerleave"));
    page.flush();
    expect(numbers(page).step).toBe("7 of 12");
    plot.dispatchEvent(new MouseEvent("click", { clientX: 100 }));
    page.flush();
    expect(page.model.get("step")).toBe(2);
  });
});

describe("the charts", () => {
  it("draw the loss to a logarithmic scale on demand", () => {
    const page = shown();
    const before = page.find(".plot .training").getAttribute("d");
    page.find<HTMLButtonElement>(".curves > .cnn-row > button").click();
    page.flush();
    expect(page.model.get("log_scale")).toBe(true);
    expect(page.find(".plot .training").getAttribute("d")).not.toBe(before);
  });
  it("name the training and the validation, and the other runs", () => {
    const keys = [...shown().el.querySelectorAll<HTMLElement>(".key")].filter(({ hidden }) => !hidden);
    expect(keys.map(({ textContent }) => textContent)).toEqual([
      ...["training", "validation", "others"],
      ...["training", "validation", "others"],
    ]);
    const one = shown({ runs: [RUN] });
    expect(one.find(".key.other").hidden).toBe(true);
    expect(one.find('[aria-label="Run"]').closest<HTMLElement>("[hidden]")).toBeTruthy();
  });
  it("show the filters of the last epoch that is known", () => {
    const page = shown();
    const when = () => page.find(".first .dims").textContent;
    expect(when()).toBe("after epoch 2");
    page.press(".plot", "Home");
    expect(when()).toBe("after step 1");
    expect(page.find(".filters").getAttribute("aria-label")).toBe("2 filters of 2 × 2, after step 1");
  });
});

describe("the words", () => {
  it("say when filters were so", () => {
    expect([0, 1, 3, 6].map((step) => whenOf(RUN, step))).toEqual([
      ...["before training", "after step 1", "after epoch 1", "after epoch 2"],
    ]);
    expect(whenOf(RUN, 7), "in the middle of an epoch that goes on").toBe("after step 7");
    expect(whenOf({ ...RUN, epoch: [1, 2, 3] }, 7), "at the end of one that was cut short").toBe("after epoch 3");
  });
});

describe("an empty monitor", () => {
  it("says what to do, and fills when something is trained", () => {
    const page = shown({ runs: [] });
    expect(page.find(".empty").textContent).toContain("hooks");
    expect(page.find(".monitor").hidden).toBe(true);
    page.model.set("runs", [RUN]);
    page.flush();
    expect(page.find(".empty").hidden).toBe(true);
    expect(numbers(page).step).toBe("7 of 12");
  });
});

describe("while a cell trains", () => {
  it("Stop asks once, says so, and says what to do if it is not heard", () => {
    vi.useFakeTimers();
    const page = shown({ training: true });
    const status = () => page.find(".status").textContent;
    expect(status()).toBe("Training: epoch 3 of 4.");
    const stop = page.find<HTMLButtonElement>(".stop");
    click(page, ".stop");
    expect(page.model.get("stopping")).toBe(true);
    expect(page.model.saved).toBe(1);
    expect(stop.disabled).toBe(true);
    expect(status()).toContain("Stopping");
    vi.advanceTimersByTime(5000);
    page.flush();
    expect(status()).toContain("interrupt the kernel");
    page.model.set("training", false);
    page.model.set("stopping", false);
    page.flush();
    expect(status()).toBe("Stopped by the button in epoch 2 of 4.");
    expect(stop.disabled).toBe(true);
  });
  it("the last step is shown until another one is chosen", () => {
    const page = shown({ training: true });
    const longer = { ...RUN, step: [...RUN.step, 8], loss: [...RUN.loss, 0.2], learning_rate: [] };
    page.model.set("runs", [longer]);
    page.flush();
    expect(numbers(page).step).toBe("8 of 12");
    page.press(".plot", "Home");
    page.model.set("runs", [{ ...longer }]);
    page.flush();
    expect(numbers(page).step).toBe("1 of 12");
  });
});
