/** A rack that spans many JVMs: how they find, trust and lose each other. */
package io.rack72.cluster;
