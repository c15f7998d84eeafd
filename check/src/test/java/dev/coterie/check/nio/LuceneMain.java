package dev.coterie.check.nio;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import org.apache.lucene.analysis.en.EnglishAnalyzer;
import org.apache.lucene.document.Document;
import org.apache.lucene.document.Field;
import org.apache.lucene.document.StringField;
import org.apache.lucene.document.TextField;
import org.apache.lucene.index.CheckIndex;
import org.apache.lucene.index.DirectoryReader;
import org.apache.lucene.index.IndexReader;
import org.apache.lucene.index.IndexWriter;
import org.apache.lucene.index.IndexWriterConfig;
import org.apache.lucene.index.StoredFields;
import org.apache.lucene.index.Term;
import org.apache.lucene.search.IndexSearcher;
import org.apache.lucene.search.MatchAllDocsQuery;
import org.apache.lucene.search.ScoreDoc;
import org.apache.lucene.search.TermQuery;
import org.apache.lucene.store.Directory;
import org.apache.lucene.store.LockObtainFailedException;
import org.apache.lucene.store.NIOFSDirectory;
import org.jspecify.annotations.Nullable;

/**
 * Lucene on a tree, as a process: it writes an index or reads one, as its lines have it. Each
 * question is answered with its own first word.
 *
 * <p>Indexes are {@link NIOFSDirectory} with Lucene's own file locks, which see to one writer for
 * an index.
 */
final class LuceneMain {
  private final Path root;
  private final Map<Integer, Integer> versions = new TreeMap<>(); // of each document written
  private @Nullable IndexWriter writer;
  private @Nullable DirectoryReader reader;
  private @Nullable Thread follower;
  private volatile boolean following;
  private volatile int looks; // of the follower

  private LuceneMain(Path root) {
    this.root = root;
  }

  /** Argument: the URI of the tree. */
  public static void main(String[] args) throws Exception {
    URI uri = URI.create(args[0]);
    BufferedReader in =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.US_ASCII));
    try (FileSystem tree = FileSystems.newFileSystem(uri, Map.of())) {
      LuceneMain main = new LuceneMain(tree.getPath("/"));
      System.out.println("connected");
      for (String line = in.readLine(); line != null; line = in.readLine()) {
        String[] words = line.split(" ");
        System.out.println(words[0] + " " + main.answer(words));
      }
      main.close();
    }
  }

  private String answer(String[] words) throws Exception {
    return switch (words[0]) {
      case "commit" -> commit(number(words[1]), number(words[2]));
      case "second" -> second(words[1]);
      case "see" -> see(words[1]);
      case "follow" -> follow();
      case "enough" -> enough();
      case "part" -> part(number(words[1]), number(words[2]));
      case "merge" -> merge(number(words[1]));
      case "check" -> check(words[1]);
      default -> throw new IOException("what is " + words[0] + "?");
    };
  }

  private static int number(String word) {
    return Integer.parseInt(word);
  }

  private Directory index(String name) throws IOException {
    return new NIOFSDirectory(root.resolve(name));
  }

  private static IndexWriterConfig config() {
    // Small segments, so that there is something to merge and to delete all the time.
    return new IndexWriterConfig(new EnglishAnalyzer()).setMaxBufferedDocs(20);
  }

  private static Document document(int id, int version) {
    Document document = new Document();
    document.add(new StringField("id", Integer.toString(id), Field.Store.YES));
    document.add(new StringField("version", Integer.toString(version), Field.Store.YES));
    document.add(
        new TextField("text", "processes sharing indexes number" + id % 10, Field.Store.NO));
    return document;
  }

  // ---- one writer ----

  /** Adds documents, changes some that were there, commits; says what there is then. */
  private String commit(int round, int added) throws IOException {
    if (writer == null) {
      writer = new IndexWriter(index("index"), config());
    }
    IndexWriter open = writer;
    for (int id : List.copyOf(versions.keySet())) {
      if (id % 7 == round % 7) {
        versions.put(id, round);
        open.updateDocument(new Term("id", Integer.toString(id)), document(id, round));
      }
    }
    for (int i = 0; i < added; i++) {
      int id = versions.size();
      versions.put(id, round);
      open.addDocument(document(id, round));
    }
    try (DirectoryReader near = DirectoryReader.open(open)) {
      if (!content(near).equals(versions)) {
        throw new IOException("a reader near real time sees something else");
      }
    }
    open.commit();
    return summary(versions);
  }

  /** Whether one more writer is let in. */
  private String second(String name) throws IOException {
    try (IndexWriter other = new IndexWriter(index(name), config())) {
      return "open " + other.isOpen();
    } catch (LockObtainFailedException e) {
      return "refused";
    }
  }

  private static String summary(Map<Integer, Integer> documents) {
    return documents.size() + " " + documents.hashCode();
  }

  // ---- readers ----

  /** The version of each document; each must be there once. */
  private static Map<Integer, Integer> content(IndexReader reader) throws IOException {
    Map<Integer, Integer> found = new TreeMap<>();
    IndexSearcher searcher = new IndexSearcher(reader);
    StoredFields stored = reader.storedFields();
    for (ScoreDoc hit : searcher.search(MatchAllDocsQuery.INSTANCE, 1_000_000).scoreDocs) {
      Document document = stored.document(hit.doc);
      Integer before = found.put(number(document.get("id")), number(document.get("version")));
      if (before != null) {
        throw new IOException("twice: document " + document.get("id"));
      }
    }
    // The analyzer has made the one word of it that the text was analyzed to.
    int shared = searcher.count(new TermQuery(new Term("text", "share")));
    int seventh = searcher.count(new TermQuery(new Term("text", "number7")));
    if (shared != found.size() || seventh != (found.size() + 2) / 10) {
      throw new IOException(found.size() + " documents, found " + shared + " and " + seventh);
    }
    return found;
  }

  /** The index as it is now, by a reader that is kept open: a process reads one index only. */
  private synchronized IndexReader now(String name) throws IOException {
    if (reader == null) {
      reader = DirectoryReader.open(index(name));
    }
    DirectoryReader before = reader;
    DirectoryReader changed = DirectoryReader.openIfChanged(before);
    if (changed != null) {
      reader = changed;
      before.close();
      return changed;
    }
    return before;
  }

  private synchronized String see(String name) throws IOException {
    return summary(content(now(name)));
  }

  /** Reads the index all the time, whatever the writer does; what there is only grows. */
  private String follow() throws InterruptedException {
    following = true;
    CountDownLatch begun = new CountDownLatch(1);
    follower =
        Thread.ofPlatform()
            .daemon()
            .start(() -> {
              int before = 0;
              try {
                for (int look = 1; following; look++) {
                  before = look(before);
                  looks = look;
                  begun.countDown();
                }
              } catch (IOException | RuntimeException e) {
                System.out.println("failed after " + looks + " looks: " + e);
                begun.countDown();
              }
            });
    begun.await();
    return "";
  }

  private synchronized int look(int before) throws IOException {
    int count = content(now("index")).size();
    if (count < before) {
      throw new IOException(before + " documents and then " + count);
    }
    return count;
  }

  /** How often it has looked since it followed. */
  private String enough() throws InterruptedException {
    following = false;
    if (follower != null) {
      follower.join();
    }
    return Integer.toString(looks);
  }

  // ---- several writers, an index each ----

  private String part(int part, int count) throws IOException {
    try (Directory directory = index("part" + part);
        IndexWriter own = new IndexWriter(directory, config())) {
      for (int id = part * count; id < (part + 1) * count; id++) {
        own.addDocument(document(id, part));
        if (id % 50 == 0) {
          own.commit();
        }
      }
      own.commit();
    }
    try (Directory directory = index("part" + part);
        DirectoryReader read = DirectoryReader.open(directory)) {
      return Integer.toString(read.numDocs());
    }
  }

  private String merge(int parts) throws IOException {
    Directory[] all = new Directory[parts];
    for (int part = 0; part < parts; part++) {
      all[part] = index("part" + part);
    }
    try (Directory directory = index("merged");
        IndexWriter merged = new IndexWriter(directory, config())) {
      merged.addIndexes(all);
      merged.forceMerge(1);
      merged.commit();
    }
    for (Directory part : all) {
      part.close();
    }
    try (Directory directory = index("merged");
        DirectoryReader read = DirectoryReader.open(directory)) {
      return summary(content(read));
    }
  }

  /** What CheckIndex says of an index that nobody writes. */
  private String check(String name) throws IOException {
    try (Directory directory = index(name);
        CheckIndex check = new CheckIndex(directory)) {
      boolean clean = check.checkIndex().clean;
      try (DirectoryReader read = DirectoryReader.open(directory)) {
        return (clean ? "clean " : "broken ") + read.numDocs();
      }
    }
  }

  private synchronized void close() throws IOException {
    if (reader != null) {
      reader.close();
    }
    if (writer != null) {
      writer.close();
    }
  }
}
