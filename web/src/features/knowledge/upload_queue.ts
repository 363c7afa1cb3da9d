// Files on their way into the library. The queue outlives the page that fed it.
import { FileQueue, type Queued } from "~/shared/api/file_queue";
import type { Sending } from "~/shared/api/send_form";
import { newId } from "~/shared/lib/ids";

import { type FileFacts, sendFile } from "./send_file";

export type Upload = Queued & { readonly file: File; readonly facts: FileFacts; readonly state: "waiting" | "sending" | "failed" };

type Send = (file: File, facts: FileFacts, sending: Sending) => Promise<void>;

export class UploadQueue extends FileQueue<Upload> {
  private readonly send: Send;
  private arrived: () => void = () => {};

  constructor(send: Send = sendFile) {
    super();
    this.send = send;
  }

  /** Say what is to be done when a file has arrived. */
  whenArrived(listener: () => void): void {
    this.arrived = listener;
  }

  add(files: readonly File[], facts: FileFacts): void {
    const added = files.map((file): Upload => ({ id: newId("upload"), file, facts, state: "waiting", share: 0, reason: null }));
    this.become([...this.items, ...added]);
    this.advance();
  }

  protected async deliver({ id, facts }: Upload, file: File, sending: Sending): Promise<void> {
    await this.send(file, facts, sending);
    this.become(this.items.filter((upload) => upload.id !== id));
    this.arrived();
  }
}

let current: { owner: string; queue: UploadQueue } | null = null;

/** The queue of a person. What another one's session left behind is dropped. */
export function uploadsOf(owner: string): UploadQueue {
  if (current?.owner !== owner) {
    current?.queue.removeAll();
    current = { owner, queue: new UploadQueue() };
  }
  return current.queue;
}
