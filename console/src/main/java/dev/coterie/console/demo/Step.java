package dev.coterie.console.demo;

/** What the first demo's one writer does, in this order, in each round. */
enum Step {
  CREATE,
  WRITE,
  RENAME,
  TRUNCATE,
  REMOVE
}
