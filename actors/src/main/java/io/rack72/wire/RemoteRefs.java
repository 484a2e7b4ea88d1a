package io.rack72.wire;

import org.apache.pekko.actor.ExtendedActorSystem;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorRefResolver;
import org.apache.pekko.actor.typed.javadsl.Adapter;

/** References as an actor system's remoting knows them. Thread-safe. */
final class RemoteRefs implements ActorRefFormat {
  private final ActorRefResolver resolver;

  RemoteRefs(ExtendedActorSystem system) {
    resolver = ActorRefResolver.get(Adapter.toTyped(system));
  }

  @Override
  public String format(ActorRef<?> ref) {
    return resolver.toSerializationFormat(ref);
  }

  @Override
  public <T> ActorRef<T> resolve(String text) {
    return resolver.resolveActorRef(text);
  }
}
