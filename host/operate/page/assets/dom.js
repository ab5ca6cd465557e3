"use strict";
// Everything that comes from eslua is put into the page as text, never as HTML.

const SVG = "http://www.w3.org/2000/svg";

// find returns the element that a selector names.
const find = (selector, within = document) => within.querySelector(selector);

// make makes an element with attributes and children; a string is text.
function make(tag, attributes = {}, ...children) {
  return fill(document.createElement(tag), attributes, children);
}

// draw makes an element of SVG.
function draw(tag, attributes = {}, ...children) {
  return fill(document.createElementNS(SVG, tag), attributes, children);
}

function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

// write sets an element's text, if it is another one: an unchanged page costs nothing.
function write(element, text) {
  text = String(text);
  if (element.textContent !== text) element.textContent = text;
}

// put sets an attribute; null removes it.
function put(element, name, value) {
  if (value === null || value === false) element.removeAttribute(name);
  else if (element.getAttribute(name) !== String(value)) element.setAttribute(name, value);
}

// list shows items as children of an element: begin makes the child of a new item, and
// show updates it. Children are reused, so that the focus stays and nothing grows.
function list(parent, items, key, begin, show) {
  const known = new Map();
  for (const child of parent.children) known.set(child.key, child);
  let next = parent.firstElementChild;
  for (const item of items) {
    const name = key(item);
    let child = known.get(name);
    if (child) known.delete(name);
    else {
      child = begin(item);
      child.key = name;
    }
    if (child === next) next = next.nextElementSibling;
    else parent.insertBefore(child, next);
    child.item = item;
    show(child, item);
  }
  for (const child of known.values()) child.remove();
}

const whole = new Intl.NumberFormat("en");
const precise = new Intl.NumberFormat("en", { maximumSignificantDigits: 2 });

const count = (n) => whole.format(Math.round(n));

// figure writes a number with as many digits as matter.
const figure = (n) => (Math.abs(n) >= 10 || Number.isInteger(n) ? count(n) : precise.format(n));

// share writes a part as per cent.
function share(part, of) {
  if (!of || !part) return "0 %";
  const percent = (part / of) * 100;
  return percent < 0.1 ? "<0.1 %" : figure(percent) + " %";
}

// size writes bytes.
function size(bytes) {
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  let unit = 0;
  while (bytes >= 1024 && unit < units.length - 1) {
    bytes /= 1024;
    unit++;
  }
  return (bytes < 10 && unit > 0 ? bytes.toFixed(1) : String(Math.round(bytes))) + " " + units[unit];
}

// span writes seconds of processor time.
function span(seconds) {
  if (seconds <= 0) return "0";
  if (seconds < 0.001) return figure(seconds * 1e6) + " µs";
  if (seconds < 1) return figure(seconds * 1e3) + " ms";
  return figure(seconds) + " s";
}

// age writes how long something lasts.
function age(ms) {
  const s = Math.max(0, Math.floor(ms / 1000));
  if (s < 60) return s + " s";
  const two = (n) => String(n).padStart(2, "0");
  if (s < 3600) return Math.floor(s / 60) + ":" + two(s % 60) + " min";
  if (s < 86400) return Math.floor(s / 3600) + ":" + two(Math.floor(s / 60) % 60) + " h";
  return Math.floor(s / 86400) + " d " + (Math.floor(s / 3600) % 24) + " h";
}

const clockTime = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", second: "2-digit" });
const dayTime = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" });

// when writes a time, with the day if it is another one.
const when = (ms, now) => (now - ms < 20 * 3600e3 ? clockTime : dayTime).format(ms);

const plural = (n, one, many) => count(n) + " " + (n === 1 ? one : many);
