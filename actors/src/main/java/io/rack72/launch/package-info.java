/**
 * The processes of a rack whose trays live in several JVMs: which trays each has, how one is
 * started, what it tells, and what becomes of it. Knows no actor and no network.
 */
package io.rack72.launch;
