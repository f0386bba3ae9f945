const [lineFeed, carriageReturn] = [10, 13];

/**
 * The response with a body that fails where a message of it has more than `maxBytes`: the whole of it, or an event of
 * `text/event-stream`. What is read of it is kept in memory until the message is there.
 */
export function boundedBody(response: Response, maxBytes: number): Response {
  const { body, headers, status, statusText } = response;
  if (!body) return response;
  const isEvents = /^text\/event-stream\b/i.test(headers.get("content-type") ?? "");
  const sizeAfter = isEvents ? eventSizes() : totalSizes();
  const counted = body.pipeThrough(
    new TransformStream<Uint8Array, Uint8Array>({
      transform(chunk, controller) {
        if (sizeAfter(chunk) > maxBytes) {
          throw new Error(`it sent a message of more than ${Math.round(maxBytes / 1_048_576)} MB`);
        }
        controller.enqueue(chunk);
      },
    }),
  );
  return new Response(counted, { headers, status, statusText });
}

function totalSizes(): (chunk: Uint8Array) => number {
  let size = 0;
  return (chunk) => (size += chunk.length);
}

/** Bytes of the event that has begun; a blank line ends one (WHATWG HTML, section 9.2.6). */
function eventSizes(): (chunk: Uint8Array) => number {
  let [size, lineLength, last] = [0, 0, 0];
  return (chunk) => {
    for (const byte of chunk) {
      size++;
      const isEnd = byte === carriageReturn || (byte === lineFeed && last !== carriageReturn);
      if (isEnd && lineLength === 0) size = 0;
      if (isEnd) lineLength = 0;
      else if (byte !== lineFeed) lineLength++;
      last = byte;
    }
    return size;
  };
}
