/**
 * How good the replies of a model are: prompts with known answers sent to a server, its replies
 * judged, and scores that must be reached.
 */
package io.rack72.evaluate;
