/** What a host shows where a view could not be drawn. */
import { followTheme } from "../ui/theme";

/** Say in front of what is there, as text, why the widget is not alive. */
export const sayProblem = (el: HTMLElement, problem: unknown): void => {
  const note = document.createElement("p");
  note.className = "cnnviz-problem";
  note.setAttribute("role", "alert");
  note.textContent = `This widget can't be shown: ${problem instanceof Error ? problem.message : String(problem)}.`;
  el.querySelector(":scope > .cnnviz-problem")?.remove();
  el.prepend(note);
  followTheme(note);
  console.error(problem);
};
