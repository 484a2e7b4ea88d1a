/** The command line: what a person types becomes configuration, a rack, and output. */
package io.rack72.cli;
