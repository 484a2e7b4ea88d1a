package io.rack72.load;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.PrintWriter;

/** What a scenario has shown. */
interface LoadReport {
  /** Whether everything was as it must be, whatever the speed. */
  boolean passed();

  /** Prints it for a person, with tables in Markdown. */
  void print(PrintWriter out);

  /** The same for programs. */
  ObjectNode toJson();
}
