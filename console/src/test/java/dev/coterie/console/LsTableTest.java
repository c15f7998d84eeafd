package dev.coterie.console;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coterie.api.Timestamp;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Random;
import org.junit.jupiter.api.Test;

class LsTableTest {
  @Test
  void time_anyDay_isAsInJavaTime() {
    DateTimeFormatter format = DateTimeFormatter.ofPattern("uuuu-MM-dd HH:mm:ss.nnnnnnnnn");
    Random random = new Random(1);
    long first = Instant.parse("0001-01-01T00:00:00Z").getEpochSecond();
    long last = Instant.parse("9999-12-31T23:59:59Z").getEpochSecond();
    for (int i = 0; i < 100_000; i++) {
      Timestamp time =
          new Timestamp(random.nextLong(first, last + 1), random.nextInt(1_000_000_000));
      LocalDateTime same =
          LocalDateTime.ofEpochSecond(time.seconds(), time.nanos(), ZoneOffset.UTC);
      assertThat(LsTable.time(time)).isEqualTo(format.format(same));
    }
  }
}
