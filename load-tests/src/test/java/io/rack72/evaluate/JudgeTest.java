package io.rack72.evaluate;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class JudgeTest {
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          {"number": "57"}             | 19 plus 38 is 57.            | true
          {"number": "57"}             | 57                           | true
          {"number": "57"}             | 57.0                         | true
          {"number": "57"}             | 057                          | true
          {"number": "57"}             | It is 57, not 58.            | false
          {"number": "57"}             | It is 157.                   | false
          {"number": "57"}             | It is 57.5.                  | false
          {"number": "57"}             | It is -57.                   | false
          {"number": "57"}             | It is fifty-seven.           | false
          {"number": "-3"}             | 4 - 7 = -3.                  | true
          {"number": "-3"}             | It is 3.                     | false
          {"number": "7"}              | from 3-7                     | true
          {"number": "2.50"}           | That makes 2.5.              | true
          {"contains": ["GPU", "72"]}  | It has 72 of them: a gpu each. | true
          {"contains": ["GPU", "72"]}  | It has 72 GPUs.              | false
          {"contains": ["GPU", "72"]}  | It has 172 of GPU.           | false
          {"contains": ["Mr. Bo"]}     | hello, mr. bo!               | true
          {"any": ["hi", "hello"]}     | Hello there.                 | true
          {"any": ["hi", "hello"]}     | This is it.                  | false
          {"list": ["red", "7"]}       | red, 7                       | true
          {"list": ["red", "7"]}       | ` red, 7.`                   | true
          {"list": ["red", "7"]}       | red, 7..                     | false
          {"list": ["red", "7"]}       | 7, red                       | false
          {"list": ["red", "7"]}       | Red, 7                       | false
          {"list": ["red", "7"]}       | red,7                        | false
          {"list": ["red", "7"]}       | red, 7, 8                    | false
          {}                           | whatever                     | true
          {"call": {"name": "f", "arguments": {}}} | f({})            | false
          """)
  void contentIsRightAsItsCheckSays(String check, String content, boolean right) {
    Optional<String> fault = Judge.fault(Lines.check(check), Lines.says(content));
    assertEquals(right, fault.isEmpty(), fault::toString);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          f | {"x": 3, "tags": ["a", 2.0], "on": true}   | true
          f | {"on":true,"tags":["a",2],"x":3.00}        | true
          f | {"x": 3, "tags": ["a", 2], "on": true, "y": 1} | false
          f | {"x": 3, "tags": ["a", 2]}                 | false
          f | {"x": "3", "tags": ["a", 2], "on": true}   | false
          f | {"x": 3, "tags": [2, "a"], "on": true}     | false
          f | {"x": 3, "x": 3, "tags": ["a", 2], "on": true} | false
          f | {"x": 3, "tags": ["a", 2], "on": true      | false
          f | {"x": 3, "tags": ["a", 2], "on": true} }   | false
          f | [1]                                        | false
          g | {"x": 3, "tags": ["a", 2], "on": true}     | false
          """)
  void callIsRightWhereNameAndArgumentsAreEqualAsValues(
      String name, String arguments, boolean right) {
    Check check =
        Lines.check(
            """
            {"call": {"name": "f", "arguments": {"x": 3, "tags": ["a", 2], "on": true}}}
            """);
    Optional<String> fault = Judge.fault(check, Lines.calls(name, arguments));
    assertEquals(right, fault.isEmpty(), fault::toString);
  }

  @Test
  void callThatIsNotAskedForOrSaidTwiceIsWrong() {
    Reply.Call call = new Reply.Call("f", "{}");
    Reply once = new Reply(Optional.empty(), "It is 57.", List.of(call), Json.object());
    assertEquals(
        Optional.of("it calls a function"), Judge.fault(Lines.check("{\"number\": \"57\"}"), once));
    Reply twice = new Reply(Optional.empty(), "", List.of(call, call), Json.object());
    assertEquals(
        Optional.of("it has 2 calls, not one"),
        Judge.fault(Lines.check("{\"call\": {\"name\": \"f\", \"arguments\": {}}}"), twice));
  }
}
