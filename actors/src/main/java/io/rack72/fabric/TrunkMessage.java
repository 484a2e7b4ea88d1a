package io.rack72.fabric;

/** What the trunk to another JVM takes: from this JVM's ports, and from the other's trunk. */
public interface TrunkMessage {}
