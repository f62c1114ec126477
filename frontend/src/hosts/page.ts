/** The book's host: one script that brings every widget of a page to life. */
import * as widgets from "../widgets";
import { define } from "./element";

define(widgets);
