import { heldBodyOf } from '../../core/body.ts';
import { atOnce } from '../../core/slices.ts';
import type { DoorFiles } from '../door-paths.ts';
import { normalNameOf } from './names.ts';
import { acceptAll, acceptHtml, formOf, readJsonPage } from './page.ts';
import { readHtmlPage } from './page-html.ts';
import type { PageReader } from './project-page.ts';

export const pypiFiles: DoorFiles = {
  accepts: [acceptAll, acceptHtml],
  pageOf: (project) => `${normalNameOf(project)}/`,
  filesOn(body, contentType, url) {
    const form = formOf({ 'content-type': contentType });
    if (form === null) return null;
    let urls: string[] = [];
    const reader: PageReader = {
      file(file) {
        const read = file.read();
        if (read !== null) urls.push(read.url);
      },
      restart() {
        urls = [];
      },
    };
    const page = atOnce((form === 'json' ? readJsonPage : readHtmlPage)(heldBodyOf(body), url, reader));
    return page.tag === 'ok' ? urls : null;
  },
};
