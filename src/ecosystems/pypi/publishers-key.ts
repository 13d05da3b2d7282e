import { z } from 'zod';
import { phrase } from '../../words/tell.ts';
import { checked, errorOf, list, mapping } from '../fields.ts';
import { normalNameOf } from './project.ts';
import { type Publisher, type PublisherKind, publisherKinds } from './publishers.ts';

const repositoryForm = /^[\w.-]{1,100}(\/[\w.-]{1,100}){1,8}$/;

/** The key `publishers`. */
export const publishersKey = list(
  mapping(
    {
      project: checked('A project of the index.', phrase('expected.pypiProject'), (text) =>
        /^[\w.-]{1,200}$/.test(text),
      ),
      kind: z
        .enum(Object.keys(publisherKinds) as [PublisherKind, ...PublisherKind[]], errorOf(phrase('expected.publisher')))
        .meta({ description: 'The repository that it is published from.' }),
      repository: checked(
        'The repository whose workflows may sign.',
        phrase('expected.word', { word: 'owner/name' }),
        (text) => repositoryForm.test(text),
      ),
      workflow: checked('The only workflow that may publish; absent: any.', phrase('expected.fileName'), (text) =>
        /^[\w./-]{1,200}$/.test(text),
      ).optional(),
    },
    phrase('expected.mappingWith', { keys: 'project, kind and repository' }),
  ),
  phrase('expected.listOf', { what: '{ project, kind, repository }' }),
)
  .refine(
    (all) => new Set(all.map(({ project }) => normalNameOf(project))).size === all.length,
    errorOf(phrase('expected.publisherOnce')),
  )
  .meta({
    description:
      'Who may sign the files of a project: attestations by anybody else are a mismatch. Needs `trustedRoot`; a project that is not named may be signed by anybody.',
  })
  .prefault([]);

/** Reads the value of the key, which was checked before. */
export function readPublishers(value: unknown): readonly Publisher[] {
  return (value as readonly Publisher[]).map((one) => ({ ...one, project: normalNameOf(one.project) }));
}
