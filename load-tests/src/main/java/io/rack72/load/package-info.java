/**
 * Load on a server with OpenAI's API, over HTTP, and what its clients see of it: how soon tokens
 * come, how many, and whether every answer is the one that it should be.
 */
package io.rack72.load;
