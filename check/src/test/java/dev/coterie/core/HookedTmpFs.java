package dev.coterie.core;

import dev.coterie.core.spi.InsideMount;
import dev.coterie.core.spi.Mount;
import dev.coterie.core.spi.MountFactory;
import dev.coterie.mounts.tmpfs.TmpFs;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import org.jspecify.annotations.Nullable;

/** A tmpfs that lets a test do something before each call of the core. */
final class HookedTmpFs {
  /** Called with the method's name and arguments, on the thread of the operation. */
  interface Hook {
    void before(String method, @Nullable Object[] arguments);
  }

  private volatile Hook hook = (method, arguments) -> {};

  void set(Hook newHook) {
    hook = newHook;
  }

  MountFactory factory() {
    return context -> {
      Mount tmpfs = TmpFs.Options.defaults().factory().open(context);
      return (InsideMount)
          Proxy.newProxyInstance(
              HookedTmpFs.class.getClassLoader(),
              new Class<?>[] {InsideMount.class},
              (proxy, method, arguments) -> {
                @Nullable Object[] given = arguments == null ? new Object[0] : arguments;
                hook.before(method.getName(), given);
                try {
                  return method.invoke(tmpfs, given);
                } catch (InvocationTargetException e) {
                  throw e.getCause() == null ? e : e.getCause();
                }
              });
    };
  }
}
