package ${package};

import com.google.auto.service.AutoService;
import dev.sluice.api.CustomProtocolSubsystem;
import dev.sluice.session.netty.PipelineProtocol;
import dev.sluice.session.netty.SessionChannel;
import io.netty.handler.codec.LengthFieldBasedFrameDecoder;
import io.netty.handler.codec.LengthFieldPrepender;
import java.util.Optional;

/** Messages with their length before them, in four bytes. Netty's codec cuts and joins them. */
@AutoService(CustomProtocolSubsystem.class)
public final class Digests extends PipelineProtocol {

  @Override
  public String name() {
    return "DIGESTS";
  }

  @Override
  public Optional<Class<? extends Record>> settingsType() {
    return Optional.of(DigestsSettings.class);
  }

  @Override
  protected void initChannel(SessionChannel channel) {
    DigestsSettings settings = channel.context().settings(DigestsSettings.class);
    channel
        .pipeline()
        .addLast(
            new LengthFieldBasedFrameDecoder(
                settings.maxMessageSize().toIntSaturated(), 0, 4, 0, 4))
        .addLast(new LengthFieldPrepender(4))
        .addLast(new DigestsHandler());
  }
}
